//! The words SQL is made of, by the part they play in an injection.
//!
//! Several dialects share one table: a word counts if any common database understands it.

use super::token::Kind;
use crate::detect::dictionary::Dictionary;

static TABLE: Dictionary<Kind, 1024> = Dictionary::new(Kind::Word, KEYWORDS);

/// What the word with this hash is; [`Kind::Word`] when it is none of ours.
pub(super) fn kind_of(hash: u64) -> Kind {
    TABLE.of(hash).unwrap_or(Kind::Word)
}

const KEYWORDS: &[(Kind, &[&str])] = &[
    (Kind::Logic, &["and", "or", "xor"]),
    (Kind::Not, &["not"]),
    (
        Kind::Compare,
        &[
            "like", "rlike", "regexp", "glob", "between", "in", "is", "ilike", "sounds", "similar", "notnull",
            "match", "escape",
        ],
    ),
    (Kind::Arithmetic, &["div", "mod", "collate"]),
    (Kind::Condition, &["where", "having", "when", "if", "iif", "elseif", "while"]),
    (Kind::Union, &["union", "intersect", "except", "minus"]),
    (Kind::Quantifier, &["all", "distinct", "distinctrow", "any", "some", "top"]),
    (Kind::Select, &["select"]),
    (Kind::From, &["from"]),
    (Kind::Null, &["null"]),
    (Kind::Truth, &["true", "false"]),
    (Kind::Case, &["case"]),
    (Kind::Then, &["then", "else", "end"]),
    (Kind::Order, &["order", "group"]),
    (Kind::By, &["by"]),
    (Kind::Limit, &["limit", "offset", "rows", "fetch"]),
    (Kind::As, &["as", "join", "using", "for"]),
    (Kind::Into, &["into"]),
    (Kind::File, &["outfile", "dumpfile"]),
    (Kind::Waitfor, &["waitfor"]),
    (Kind::Delay, &["delay", "time"]),
    (Kind::Procedure, &["procedure"]),
    (Kind::Analyse, &["analyse", "analyze"]),
    (Kind::Change, &["insert", "update", "delete", "drop", "create", "alter", "truncate", "replace", "merge"]),
    (Kind::Run, &["exec", "execute", "call", "begin", "shutdown", "grant", "set", "copy", "load", "attach"]),
    (
        Kind::Object,
        &[
            "table", "database", "function", "user", "view", "index", "schema", "trigger", "login", "role", "column",
            "temporary", "sequence", "tablespace", "immediate",
        ],
    ),
    (Kind::Values, &["values"]),
    (Kind::Declare, &["declare"]),
    (Kind::Extended, EXTENDED),
    (Kind::Sleep, &["sleep"]),
    (Kind::Danger, DANGER),
    (Kind::Package, PACKAGE),
    (Kind::Function, FUNCTION),
    (Kind::Schema, SCHEMA),
    (Kind::Catalogue, CATALOGUE),
];

/// Functions that nobody calls through a parameter in good faith: they wait, read files, reach the network, or raise
/// errors that carry data.
const DANGER: &[&str] = &[
    "pg_sleep", "pg_sleep_for", "pg_sleep_until", "benchmark", "extractvalue", "updatexml", "load_file", "load_extension",
    "randomblob", "xmltype", "pg_read_file", "pg_read_binary_file", "pg_ls_dir", "lo_import", "lo_export", "lo_get",
    "lo_from_bytea", "sys_eval", "sys_exec", "name_const", "make_set", "gtid_subset", "gtid_subtract",
    "generate_series", "regexp_substring", "crypt_key", "openrowset", "opendatasource", "openquery", "dblink",
    "dblink_connect", "query_to_xml", "database_to_xml",
    "fn_xe_file_target_read_file", "fn_get_audit_file", "fn_varbintohexstr", "st_latfromgeohash", "st_longfromgeohash",
    "st_pointfromgeohash", "dbms_lock", "ora_hash", "sqlite_compileoption_get", "sqlite_compileoption_used",
    "sqlite_version", "sqlite_source_id", "httpuritype", "readfile", "writefile", "edit_distance", "exp_slow",
];

/// Extended procedures of SQL Server: a name of one is enough to call it.
const EXTENDED: &[&str] = &[
    "xp_cmdshell", "xp_dirtree", "xp_regread", "xp_regwrite", "xp_fileexist", "xp_subdirs", "xp_makecab",
    "xp_servicecontrol", "xp_availablemedia", "xp_enumdsn", "xp_loginconfig", "xp_terminate_process", "xp_regdeletekey",
    "sp_oacreate", "sp_oamethod", "sp_executesql", "sp_makewebtask", "sp_addextendedproc", "sp_addsrvrolemember",
    "sp_configure", "sp_password", "sp_addlogin", "sp_sqlexec", "sp_prepexec",
];

/// Packages whose members are dangerous.
const PACKAGE: &[&str] = &[
    "dbms_pipe", "dbms_utility", "dbms_ldap", "dbms_xmlgen", "dbms_java", "dbms_scheduler", "dbms_sql", "dbms_random",
    "utl_inaddr", "utl_http", "utl_file", "utl_smtp", "utl_tcp", "utl_raw", "ctxsys", "user_lock", "ordsys",
];

/// Functions that injections use and that prose does not call.
const FUNCTION: &[&str] = &[
    "concat", "concat_ws", "group_concat", "char", "chr", "ascii", "ord", "hex", "unhex", "substr", "substring",
    "substring_index", "mid", "left", "right", "length", "len", "char_length", "character_length", "bit_length",
    "octet_length", "cast", "convert", "coalesce", "isnull", "ifnull", "nullif", "nvl", "elt", "field", "find_in_set", "instr",
    "locate", "position", "lpad", "rpad", "ltrim", "rtrim", "trim", "lower", "upper", "lcase", "ucase", "reverse",
    "repeat", "stuff", "floor", "ceil", "ceiling", "round", "rand", "random", "exp", "pow", "power", "sqrt", "ln",
    "log", "log10", "abs", "sign", "count", "sum", "min", "max", "avg", "md5", "sha1", "sha", "sha2", "crc32", "version",
    "current_user", "session_user", "system_user", "db_name", "user_name", "suser_name",
    "current_database", "current_setting", "json_extract", "json_depth", "json_valid", "json_keys", "json_length",
    "json_type", "json_array", "json_object", "json_contains", "json_quote", "json_value", "json_query", "json_each",
    "json_build_object", "to_json", "row_to_json", "string_agg", "array_agg", "array_to_string", "xmlagg",
    "xmlelement", "xmlconcat", "stddev", "variance", "bin", "oct", "conv", "quote", "soundex", "space", "strcmp",
    "unistr", "to_char", "to_number", "to_date", "to_timestamp", "decode", "encode", "encrypt", "aes_decrypt",
    "aes_encrypt", "compress", "uncompress", "exists", "greatest", "least", "interval", "last_insert_id", "row_count",
    "found_rows", "rownum", "row", "likelihood", "likely", "unlikely", "typeof", "total_changes", "zeroblob",
    "quotename", "patindex", "charindex", "object_id", "object_name", "col_name", "is_srvrolemember", "starts_with",
    "overlay", "translate", "regexp_like", "regexp_replace", "regexp_instr", "regexp_substr", "sys_context", "rawtohex",
    "inet_aton", "inet_ntoa", "uuid", "weight_string", "exponential", "polygon", "multipoint", "geometrycollection",
    "linestring", "multilinestring", "multipolygon", "procedure_analyse", "bit_and", "bit_or", "bit_xor", "pi", "now",
];

/// Schemas that hold a catalogue; evidence when a dot follows.
const SCHEMA: &[&str] =
    &["information_schema", "pg_catalog", "mysql", "master", "sys", "sysibm", "syscat", "msdb", "performance_schema"];

/// Tables of catalogues.
const CATALOGUE: &[&str] = &[
    "sysobjects", "syscolumns", "sysusers", "sysdatabases", "systables", "sysservers", "sysxlogins", "sqlite_master",
    "sqlite_schema", "sqlite_temp_master", "all_users", "all_tables", "all_tab_columns", "user_tables", "user_users",
    "user_tab_columns", "dba_users", "dba_tables", "dba_role_privs", "user_role_privs", "v$version", "v$instance",
    "v$database", "v$parameter", "rdb$fields", "rdb$types", "rdb$collations", "rdb$functions", "rdb$database",
    "rdb$relations", "msysaccessobjects", "msysobjects", "pg_tables", "pg_user", "pg_shadow", "pg_database", "pg_class",
    "pg_stat_activity", "system_users", "dual",
];
