//! The rules.

use crate::detect::evidence::{Class, Rule};

pub(super) static ARITHMETIC: Rule = Rule::new(
    Class::Ssti,
    "ssti.arithmetic",
    80,
    "computes with constants, which proves template evaluation",
    &[
        "{{7*7}}",
        "aaa#{16*8787}bbb",
        "<%= 7 * 7 %>",
        "Hello ${3*3}",
        "{{ 7*'7' }}",
        "@(1+2)",
        "[=191*7]",
        "{% print 6*7 %}",
    ],
    &[
        "{{username}}",
        "on {{2024-01-31}} at noon",
        "Send {{7*7}} and see whether the page shows 49 instead",
        "x^{{2+3}}",
        "\\frac{{1+2}}{3}",
        "{{ price * 1.19 }}",
        "${i + 1}",
    ],
);
pub(super) static WHOLE: Rule = Rule::new(
    Class::Ssti,
    "ssti.whole-value",
    20,
    "consists of such an expression only",
    &["{{1337*1338}}", "${{7*7}}", "{{4*4}}[[5*5]]"],
    &["{{ order.id }}", "The check {{7*7}} renders as 49 where it is vulnerable"],
);
pub(super) static CONSTANT_TEST: Rule = Rule::new(
    Class::Ssti,
    "ssti.constant-test",
    80,
    "tests a constant, which proves template evaluation",
    &["{% if True %}49{% endif %}", "{{#if true}}x{{/if}}", "{%if 1%}7{%endif%}"],
    &["{% if user.vip %}VIP{% endif %}", "{{#if premium}}Thanks!{{/if}}"],
);
pub(super) static DUNDER: Rule = Rule::new(
    Class::Ssti,
    "ssti.private-attribute",
    100,
    "accesses a private Python attribute",
    &[
        "{{''.__class__.__mro__[1].__subclasses__()}}",
        "{{ request['__class__'] }}",
        "{% for x in ().__class__.__base__.__subclasses__() %}",
        "Dear {{cycler.__init__.__globals__.os}}",
    ],
    &["{{ user.__str }}", "{{ __ }}", "use obj.__class__ to see it"],
);
pub(super) static ATTRIBUTE: Rule = Rule::new(
    Class::Ssti,
    "ssti.attribute-by-name",
    80,
    "reads an attribute by a computed name",
    &["{{request|attr(['_'*2,'class','_'*2]|join)}}", "{{x|attr(request.args.a)}}"],
    &["{{ name|upper }}", "{{ form.name.attr }}", "{{ input|add_class('wide') }}"],
);
pub(super) static ESCAPE: Rule = Rule::new(
    Class::Ssti,
    "ssti.reflection",
    100,
    "uses reflection to leave the objects of the page",
    &[
        "${product.getClass().getProtectionDomain()}",
        "#{global.process.mainModule.require('child_process')}",
        "{{_self.env.registerUndefinedFilterCallback('exec')}}",
        "{% import os %}{{ x }}",
        "#set($s='')${s.getClass().forName('java.lang.Runtime')}",
    ],
    &["${project.version}", "{{ user.getName() }}", "#{name}", "{{ schedule.class }}"],
);
pub(super) static TYPE: Rule = Rule::new(
    Class::Ssti,
    "ssti.type",
    100,
    "names a class of the language to use it",
    &[
        "<#assign ex=\"freemarker.template.utility.Execute\"?new()>${ex('id')}",
        "${T(java.lang.System).getenv()}",
        "*{T(org.apache.commons.io.IOUtils).toString(x)}",
        "[#assign cmd='a.b.C'?new()]",
    ],
    &["${T('cart.title')}", "{{ 'cart.title' | t: count: cart.item_count }}", "<#-- a new list -->"],
);
pub(super) static WALK: Rule = Rule::new(
    Class::Ssti,
    "ssti.class-walk",
    100,
    "traverses from an object to its class and beyond",
    &[
        "{{ [].class.base.subclasses() }}",
        "{{x.constructor.prototype}}",
        "{{#with (lookup string.sub \"constructor\")}}x{{/with}}",
    ],
    &["{{ item.class }}", "<td class=\"{{ row.class }}\">{{ row.base }}</td>", "{{ race.constructor }}"],
);
pub(super) static CALLBACK: Rule = Rule::new(
    Class::Ssti,
    "ssti.callback",
    100,
    "passes a command to a filter as callback",
    &[
        "{{['id']|filter('system')}}",
        "{{[0]|reduce('system','id')}}",
        "{{['id']|map(_context|join|slice(5,6))}}",
    ],
    &["{{ items|map('upper')|join(', ') }}", "{{ list | sort }}", "{{ users|map(attribute='name') }}"],
);
pub(super) static COMMAND: Rule = Rule::new(
    Class::Ssti,
    "ssti.command",
    100,
    "runs a command, or reads or writes a file",
    &[
        "<% system('id') %>",
        "<%= File.open('/tmp/x').read %>",
        "{system('id')}",
        "{if passthru('ls')}{/if}",
        "${self.module.cache.util.os.system('id')}",
        "#{%x|env|}",
    ],
    &[
        "<%= user.name %>",
        "{{ file.open() }}",
        "{{ system.name }}",
        "function(){eval(x)}",
        "<%= link_to 'a', b %>",
    ],
);
pub(super) static FILE: Rule = Rule::new(
    Class::Ssti,
    "ssti.file",
    100,
    "passes a system file to a function",
    &[
        "{{ get_user_file(\"/etc/hosts\") }}",
        "${read('/proc/self/environ')}",
        "{{'/etc/passwd'|file_excerpt(1,30)}}",
    ],
    &["{{ asset(\"/img/logo.png\") }}", "{{ include('parts/head.html') }}", "{{ url('/etc') }}"],
);
pub(super) static METHOD: Rule = Rule::new(
    Class::Ssti,
    "ssti.execution-method",
    60,
    "calls a method that may execute its argument",
    &["${'calc'.execute()}", "{{ 'id'.exec() }}"],
    &["`${pattern.exec(text)}`", "{{ job.execute() }}"],
);
pub(super) static LITERAL_METHOD: Rule = Rule::new(
    Class::Ssti,
    "ssti.literal-method",
    80,
    "calls a method of a constant, which proves template evaluation",
    &["{{'a'.toUpperCase()}}", "${''.length()}"],
    &[
        "{{ user.name() }}",
        "<li v-for=\"x in 'a,b'.split(',')\">{{ x }}</li>",
        "console.log(`${'-'.repeat(9)}`);",
    ],
);
pub(super) static FRAMEWORK: Rule = Rule::new(
    Class::Ssti,
    "ssti.framework-object",
    80,
    "shows a framework object or its contents",
    &["{{config}}", "{{ request }}", "{{config.items()}}", "{{ settings.SECRET_KEY }}", "{$smarty.version}"],
    &[
        "{{ request.path }}",
        "{{ config.title }}",
        "{{ customer }}",
        "Set it with {{ config }} in the header of pages",
    ],
);
pub(super) static DUMP: Rule = Rule::new(
    Class::Ssti,
    "ssti.dump",
    80,
    "dumps all template variables",
    &["{% debug %}", "{{ dump(app) }}", "${.data_model}"],
    &["{{ debug }}", "{{ dump_truck }}", "{{ version }}"],
);
pub(super) static PHP: Rule = Rule::new(
    Class::Ssti,
    "ssti.php-block",
    100,
    "opens a PHP block in a Smarty template",
    &["{php}echo 1;{/php}", "{PHP}x{/PHP}"],
    &["{php", "{ php }", "[php]echo 'hello';[/php]"],
);

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[
    &ARITHMETIC,
    &WHOLE,
    &CONSTANT_TEST,
    &DUNDER,
    &ATTRIBUTE,
    &ESCAPE,
    &TYPE,
    &WALK,
    &CALLBACK,
    &COMMAND,
    &FILE,
    &METHOD,
    &LITERAL_METHOD,
    &FRAMEWORK,
    &DUMP,
    &PHP,
];
