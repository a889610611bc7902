//! The rules and their weights.
//!
//! There are three families. Breakout: the value ends a string, a number or a parenthesis and continues as SQL. Content:
//! SQL that parameters do not contain. Obfuscation: comments in place of words or of the rest of the query. A breakout
//! reaches the threshold only with content, and plain SQL in a text, which has no breakout, passes.

mod waits;

use crate::detect::evidence::{Class, Rule};

pub(super) use waits::{LONE_SLEEP, OPERAND_SLEEP, SLEEP, WAITFOR};

pub(super) static QUOTE_BREAKOUT: Rule = Rule::new(
    Class::Sqli,
    "sqli.quote-breakout",
    40,
    "ends a quoted string and continues as SQL",
    &["' or 1=1--", "x') and ('a'='a"],
    &["D'or 1st parfume", "the dogs' and cats", "bob's or alice's"],
);
pub(super) static PAREN_BREAKOUT: Rule = Rule::new(
    Class::Sqli,
    "sqli.paren-breakout",
    30,
    "closes a parenthesis it did not open and continues as SQL",
    &["1) or sleep(5)#", "3)) union select 1,2"],
    &["smile :) and be happy", "a) and b) or c)"],
);
pub(super) static NUMBER_BREAKOUT: Rule = Rule::new(
    Class::Sqli,
    "sqli.number-breakout",
    20,
    "continues a number as SQL",
    &["1 and sleep(5)", "1 or 2 like 2"],
    &["7 AND A HALF", "2 or 3", "24 order by phone"],
);
pub(super) static BARE_CLAUSE: Rule = Rule::new(
    Class::Sqli,
    "sqli.bare-clause",
    20,
    "starts in the middle of a statement",
    &[" order by 10-- ", "or sleep(5)#"],
    &["order by 3", "and then there were none", "Union Street 3"],
);
pub(super) static TAUTOLOGY: Rule = Rule::new(
    Class::Sqli,
    "sqli.literal-comparison",
    100,
    "compares two constants in a condition",
    &["1 and 5934=7745", "' or 'a'='a", "1 or 1 between 1 and 2"],
    &["1 AND 1/2\" BUTTON", "\"SWEATER DRESS\" AND \"CHRISTMAS\"", "a=1 and b=2"],
);
pub(super) static GROUPED_COMPARISON: Rule = Rule::new(
    Class::Sqli,
    "sqli.computed-comparison",
    100,
    "computes with the result of comparing two constants",
    &["(8266=8266)*9900"],
    &["(x=1)*2", "f(2)=4"],
);
pub(super) static CONDITION: Rule = Rule::new(
    Class::Sqli,
    "sqli.condition",
    50,
    "adds a comparison to the condition of a query",
    &["' or username like 'a%", "x' and id=1--"],
    &["color = red and size = 2", "the girls' and boys' sizes"],
);
pub(super) static QUOTE_COMPARISON: Rule = Rule::new(
    Class::Sqli,
    "sqli.quote-comparison",
    60,
    "ends a quoted string and compares it with a constant",
    &["'='1", "' like '%", "'x'!='y"],
    &["width 5' = 60 inches", "a'=b", "the 'is' operator and what it expects"],
);
pub(super) static CONSTANT_TRUTH: Rule = Rule::new(
    Class::Sqli,
    "sqli.constant-truth",
    60,
    "adds a constant condition",
    &["' or '1", "1) or true--", "x' or 1-- -", "admin' or '"],
    &["1 or 2", "5' or 6", "Q1 'and' Q2", "\"and\" or \"or\""],
);
pub(super) static CALL_CONDITION: Rule = Rule::new(
    Class::Sqli,
    "sqli.function-condition",
    60,
    "adds the result of a SQL function to a condition",
    &["' and substr(a,1,1)--", "1 or ascii(user())>64"],
    &["left (WA) or right (OR)", "5 and count (six)"],
);
pub(super) static COMPARED_CALL: Rule = Rule::new(
    Class::Sqli,
    "sqli.function-comparison",
    80,
    "compares a constant with the result of a SQL function",
    &["1 and 5650=convert(int,char(88))", "' or 3=length('abc')--"],
    &["x = length(y)", "3 = count(me)"],
);
pub(super) static SAME_OPERANDS: Rule = Rule::new(
    Class::Sqli,
    "sqli.same-operands",
    30,
    "compares a name with itself",
    &[" or a=a", "' or x=x--"],
    &["a=a", "or a = b"],
);
pub(super) static WHOLE_QUERY: Rule = Rule::new(
    Class::Sqli,
    "sqli.whole-query",
    60,
    "is a query that calls a function",
    &["select current_setting('config_file');", "select @@version", "select session_user;"],
    &["select (one)", "My query `SELECT count(*) FROM t` is slow"],
);
pub(super) static SPLIT_WORD: Rule = Rule::new(
    Class::Sqli,
    "sqli.split-word",
    100,
    "splits a SQL keyword by a comment",
    &["uni/**/on sel/**/ect", "1;dr/**/op t"],
    &["src/**/lib", "a/*b*/c"],
);
pub(super) static SUBQUERY: Rule = Rule::new(
    Class::Sqli,
    "sqli.subquery",
    60,
    "contains a subquery",
    &["1'+(select 1 from users)+'", "1,(select case when 1=1 then 1 else 0 end)"],
    &["pick one (select below)", "(select all that apply)"],
);
pub(super) static COMPARED_SUBQUERY: Rule = Rule::new(
    Class::Sqli,
    "sqli.subquery-comparison",
    80,
    "compares with the result of a subquery",
    &["1 or 5356=(select count(*) from t)"],
    &["x = (select a colour)"],
);
pub(super) static UNION_SELECT: Rule = Rule::new(
    Class::Sqli,
    "sqli.union-select",
    60,
    "adds a UNION SELECT to the query",
    &["' union select null--", "1 union all select 1,2,3"],
    &["union was a great select", "How do I UNION two SELECT statements?", "O' UNION selected a few friends"],
);
pub(super) static PROJECTION: Rule = Rule::new(
    Class::Sqli,
    "sqli.projection",
    40,
    "selects constants, columns or functions",
    &["1 union select password from users", "1;select *--", "2024-03-01 union all select name"],
    &["SELECT * FROM t WHERE id = 1", "select slot 3, please", "Union Select GmbH"],
);
pub(super) static STACKED_QUERY: Rule = Rule::new(
    Class::Sqli,
    "sqli.stacked-query",
    60,
    "ends the statement and adds a SELECT (stacked query)",
    &["1;select pg_sleep(5)", "x';select (1)--", "\";select p"],
    &["drop off; select slot 3", "see above; select all", "the dogs'; select one of them"],
);
pub(super) static STACKED_CHANGE: Rule = Rule::new(
    Class::Sqli,
    "sqli.stacked-change",
    70,
    "ends the statement and changes data or runs code (stacked query)",
    &["'; drop table users--", "1; exec master..x 1--"],
    &["please wait; drop table reservations by five", "note to self; update contacts"],
);
pub(super) static BROKEN_STATEMENT: Rule = Rule::new(
    Class::Sqli,
    "sqli.broken-statement",
    40,
    "ends a string or number just before ending the statement",
    &["1; drop table users", "1;update users set role=2"],
    &["item 1; call me", "the dogs'; fine"],
);
pub(super) static DANGEROUS_CALL: Rule = Rule::new(
    Class::Sqli,
    "sqli.dangerous-function",
    80,
    "calls a function that waits, reads files or leaks data through errors",
    &["benchmark(10000000,md5(1))", "1 and extractvalue(1,concat(0x5c,version()))"],
    &["benchmark (stock index)", "the pg_sleep function waits"],
);
pub(super) static HEX_CONCAT: Rule = Rule::new(
    Class::Sqli,
    "sqli.built-string",
    60,
    "builds a string from character codes",
    &["1 or char(113)||char(112)"],
    &["char(10) or char(13)", "concat('a', 'b')"],
);
pub(super) static CATALOGUE: Rule = Rule::new(
    Class::Sqli,
    "sqli.catalogue",
    60,
    "reads the database catalogue",
    &["(select name from sysobjects)", "1;select a from information_schema.tables"],
    &["the information_schema explained", "sys.path", "a dual role"],
);
pub(super) static SYSTEM_VARIABLE: Rule = Rule::new(
    Class::Sqli,
    "sqli.system-variable",
    60,
    "reads a server variable",
    &["' and @@version--", "select @@version"],
    &["user@@host", "mail @@ home", "\u{e9}@@\u{9d}\u{132} x"],
);
pub(super) static ORDER_BY: Rule = Rule::new(
    Class::Sqli,
    "sqli.order-by-number",
    40,
    "orders by column number, which counts columns",
    &["1' order by 3--", "x') group by 2#"],
    &["order by 3", "sorted in order by 5 people"],
);
pub(super) static HAVING: Rule = Rule::new(
    Class::Sqli,
    "sqli.group-function",
    40,
    "groups or orders by a function",
    &["' or 1 group by concat(1,2)--"],
    &["group by count", "order by phone (or mail)"],
);
pub(super) static INTO_FILE: Rule = Rule::new(
    Class::Sqli,
    "sqli.into-file",
    100,
    "writes the result into a file or variable",
    &["1 into outfile '/tmp/x'", "1' limit 1,1 into @,@--"],
    &["turn it into outfile format", "made into @home"],
);
pub(super) static PROCEDURE_ANALYSE: Rule = Rule::new(
    Class::Sqli,
    "sqli.procedure-analyse",
    100,
    "calls PROCEDURE ANALYSE",
    &["1 procedure analyse(1,2)"],
    &["a procedure to analyse (it)"],
);
pub(super) static RUN_PROCEDURE: Rule = Rule::new(
    Class::Sqli,
    "sqli.system-procedure",
    100,
    "runs a system procedure",
    &["1 exec xp_cmdshell 'dir'", "declare @q varchar(9)", "execute immediate 'drop table t'"],
    &["exec noun", "xp_points gained"],
);
pub(super) static COMMENT_TAIL: Rule = Rule::new(
    Class::Sqli,
    "sqli.comment-tail",
    40,
    "comments out the rest of the query",
    &["1' order by 1#", "1) order by 1-- -"],
    &["my--slugified-url", "C# and F#", "item #2"],
);
pub(super) static QUOTE_COMMENT: Rule = Rule::new(
    Class::Sqli,
    "sqli.quote-comment",
    60,
    "ends a quoted string and comments out the rest",
    &["admin'--", "admin' #", "admin'/*"],
    &[
        "DRESSES' --INFANT -CHILD -KIDS -BOYS -MEN",
        "6\" #2 pipe and then some",
        "my dog's -- as it were -- bone",
    ],
);
pub(super) static REJOINED: Rule = Rule::new(
    Class::Sqli,
    "sqli.rejoined-quote",
    40,
    "ends a quoted string and opens another for the remaining quote",
    &["x' or y='y", "'='x"],
    &["rock 'n' roll", "the '80s and '90s"],
);
pub(super) static QUOTE_CONCAT: Rule = Rule::new(
    Class::Sqli,
    "sqli.quote-concatenation",
    60,
    "ends a quoted string and appends an expression",
    &["'||'asd'||'", "1'+(select 1)+'", "' || app.add_user('admin', 'x') || '"],
    &["'a' + 'b'", "5' + 6'"],
);
pub(super) static QUOTE_OPERAND: Rule = Rule::new(
    Class::Sqli,
    "sqli.quote-operand",
    60,
    "ends a quoted string, applies one operator and comments out the rest",
    &["x'=email--", "user'collate nocase--", "id'not like id-- ", "x'%email#"],
    &["the dogs' - food --", "6'=1828mm", "the 90's-style -- and more"],
);
pub(super) static OPEN_COMPARISON: Rule = Rule::new(
    Class::Sqli,
    "sqli.open-comparison",
    60,
    "leaves a comparison open for the remaining quote",
    &["test'or 0>", "admin' or 'x' <"],
    &["is it 5' or 6 feet >", "this 'or 2 that' >"],
);
pub(super) static CAST_CALL: Rule = Rule::new(
    Class::Sqli,
    "sqli.cast-call",
    100,
    "casts the result of a call, so that the error shows it",
    &[
        "starts_with(password,'a')::int",
        "overlay(password placing x from 1 for 0)::bigint",
        "(json_build_object(1,password)::jsonb)::int",
    ],
    &["std::max(a)::value", "p:not(.intro)::text", "f()::after"],
);
pub(super) static CAST: Rule = Rule::new(
    Class::Sqli,
    "sqli.cast",
    60,
    "casts a string to a database type",
    &["'{\"a\":1}'::jsonb @> '{\"b\":2}'", "x' or '[1]'::json"],
    &["how does '{}'::jsonb work", "'std'::string", "fe80::int"],
);
pub(super) static CONVERTED_OPERAND: Rule = Rule::new(
    Class::Sqli,
    "sqli.converted-operand",
    40,
    "computes with a string cast to a database type",
    &["'[1, 2]'::jsonb || '3'::jsonb", "'{\"b\":2}'::jsonb <@ '{\"a\":1}'"],
    &["'a' || 'b'"],
);
pub(super) static WHOLE_CHANGE: Rule = Rule::new(
    Class::Sqli,
    "sqli.whole-change",
    60,
    "is a statement that changes data",
    &["DROP sampletable;--", "delete from users;-- "],
    &["delete from cart", "update contacts;", "drop table reservations -- we are full"],
);
pub(super) static DEFINITION: Rule = Rule::new(
    Class::Sqli,
    "sqli.definition",
    100,
    "defines a table, a function or an account, or fills a table",
    &[
        "create table myfile (line varchar(8000))",
        "'create user scott identified by tiger temporary tablespace temp",
        "ALTER TABLE `orders` ADD `note` TEXT",
        "insert into users (login, level) values ('me', 9)",
    ],
    &[
        "create table plans (round tables)",
        "How do I create table t (id int)?",
        "create user accounts identified by mail",
    ],
);
pub(super) static NAME_CAST: Rule = Rule::new(
    Class::Sqli,
    "sqli.name-cast",
    100,
    "casts a column, so that the error shows it",
    &["password::int", "phone_no::numeric"],
    &["fe80::int", "std::string", "Time::text", "count::Int", "see password::int in the manual"],
);
pub(super) static SPLIT_CALL: Rule = Rule::new(
    Class::Sqli,
    "sqli.split-call",
    40,
    "separates a SQL function from its arguments with a comment",
    &["select id from users where id=json_extract/**/('{\"a\":1}','$.a')", "1 and ascii/*x*/(user())>64"],
    &["length (max) /* in inches */", "count/*.txt"],
);
pub(super) static SET_VARIABLE: Rule = Rule::new(
    Class::Sqli,
    "sqli.set-variable",
    40,
    "ends the statement and sets a variable",
    &["a;SET @q = 0x53454c454354", "a; set @a='x'"],
    &["first; set @home = on", "set x = 5"],
);
pub(super) static STATEMENT_END: Rule = Rule::new(
    Class::Sqli,
    "sqli.statement-end",
    20,
    "ends the statement",
    &["or username like char(37);", "1;(load_file(char(47,101,116,99)));"],
    &["or not;", "5 and count;"],
);
pub(super) static GLUED_OPERATOR: Rule = Rule::new(
    Class::Sqli,
    "sqli.glued-operator",
    100,
    "ends a quoted string and computes with the next one",
    &["'-'", "admin'^'", "7'*'0", "1'<>'2", "'mod'1"],
    &["'/'", "'>'", "it's '-' here", "5'-6'", "rock 'n' roll", "'a' - 'b'"],
);
pub(super) static VERSIONED_COMMENT: Rule = Rule::new(
    Class::Sqli,
    "sqli.versioned-comment",
    60,
    "hides SQL in a versioned comment, which MySQL runs",
    &["1 /*!50000union*/ /*!select*/ 1", "' /*!or*/ 1=1"],
    &["/*! normalize.css v8 */", "/*!\n * jQuery\n */"],
);
pub(super) static SPLICED: Rule = Rule::new(
    Class::Sqli,
    "sqli.comment-splice",
    40,
    "separates SQL words with comments",
    &["1/**/union/**/select/**/1", "'/**/or/**/sleep(1)#", "1/*!1111'*/"],
    &["src/**/test/*.js", "a /* or b */ c"],
);
pub(super) static HOLLOW_NUMBER: Rule = Rule::new(
    Class::Sqli,
    "sqli.hollow-number",
    60,
    "uses numbers without exponent digits as separators",
    &["1' or 1.e(1) or '1'='1"],
    &["1.e4", "section 1.e (appendix)"],
);
pub(super) static OBFUSCATED: Rule = Rule::new(
    Class::Sqli,
    "sqli.encoded-twice",
    20,
    "was percent-encoded more than once",
    &["%2527%2520or%2520a%253D%2527a"],
    &["100%2525", "caf%25C3%25A9 and bar"],
);

pub(super) const ALL: &[&Rule] = &[
    &QUOTE_BREAKOUT,
    &PAREN_BREAKOUT,
    &NUMBER_BREAKOUT,
    &BARE_CLAUSE,
    &TAUTOLOGY,
    &GROUPED_COMPARISON,
    &CONDITION,
    &QUOTE_COMPARISON,
    &CONSTANT_TRUTH,
    &CALL_CONDITION,
    &COMPARED_CALL,
    &SAME_OPERANDS,
    &WHOLE_QUERY,
    &SPLIT_WORD,
    &SUBQUERY,
    &COMPARED_SUBQUERY,
    &UNION_SELECT,
    &PROJECTION,
    &STACKED_QUERY,
    &STACKED_CHANGE,
    &BROKEN_STATEMENT,
    &DANGEROUS_CALL,
    &SLEEP,
    &WAITFOR,
    &HEX_CONCAT,
    &CATALOGUE,
    &SYSTEM_VARIABLE,
    &ORDER_BY,
    &HAVING,
    &INTO_FILE,
    &PROCEDURE_ANALYSE,
    &RUN_PROCEDURE,
    &COMMENT_TAIL,
    &QUOTE_COMMENT,
    &REJOINED,
    &QUOTE_CONCAT,
    &QUOTE_OPERAND,
    &OPEN_COMPARISON,
    &CAST_CALL,
    &CAST,
    &CONVERTED_OPERAND,
    &WHOLE_CHANGE,
    &DEFINITION,
    &NAME_CAST,
    &SPLIT_CALL,
    &SET_VARIABLE,
    &STATEMENT_END,
    &LONE_SLEEP,
    &OPERAND_SLEEP,
    &GLUED_OPERATOR,
    &VERSIONED_COMMENT,
    &SPLICED,
    &HOLLOW_NUMBER,
    &OBFUSCATED,
];
