//! Java class names: a value that is the name of a dangerous class, and parameters that reach the class of a bean.
//!
//! A client that can choose a class chooses one that runs, reads or loads something. Names of data classes are no
//! evidence, and neither are names in a text: logs and questions contain them.

use super::rules;
use crate::detect::decode::View;
use crate::detect::evidence::{Evidence, Location};
use crate::detect::lang::code::Name;
use crate::detect::lang::dictionary::Dictionary;

/// Longer values are no names.
const MAX_NAME: usize = 160;

/// Add the evidence of the whole value as a name.
pub(super) fn read(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let text = value_of(view);
    if text.len() > MAX_NAME {
        return;
    }
    if matches!(view.location, Location::QueryName | Location::FieldName | Location::JsonKey)
        && binds_class(text)
    {
        evidence.add(&rules::CLASS_BINDING, 0..text.len());
    }
    if text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$'))
        && is_acting_class(text)
    {
        evidence.add(&rules::CLASS_NAME, 0..text.len());
    }
}

/// The value itself; of a body without structure, which may be a form by another name, what its only field is set to.
fn value_of<'v>(view: &View<'v>) -> &'v [u8] {
    let text = view.bytes.trim_ascii();
    let whole = matches!(view.location, Location::Text | Location::Part | Location::Message);
    let field = memchr::memchr(b'=', &text[..text.len().min(MAX_NAME)]).filter(|_| whole);
    field.map_or(text, |at| &text[at + 1..])
}

/// `class.module.classLoader.x`: a parameter that sets a property of the class of the object it fills in.
fn binds_class(name: &[u8]) -> bool {
    let mut class = false;
    name.split(|byte| matches!(byte, b'.' | b'[' | b']' | b'\'' | b'"')).any(|part| {
        let loader =
            part.eq_ignore_ascii_case(b"classloader") || part == b"module" || part == b"protectionDomain";
        let binds = class && loader;
        class |= part.eq_ignore_ascii_case(b"class");
        binds
    })
}

/// Whether the name is that of a class, in a package of Java, that acts.
fn is_acting_class(name: &[u8]) -> bool {
    let mut parts = name.split(|byte| matches!(byte, b'.' | b'$'));
    let Some(b"java" | b"javax" | b"com" | b"org" | b"sun" | b"runtime" | b"ProcessBuilder") = parts.next()
    else {
        return false;
    };
    let packages = PACKAGES.iter().any(|package| name.starts_with(package));
    packages || parts.any(|part| ACTING.of(Name::of(part).hash).is_some())
}

/// Packages that no client has any business with.
const PACKAGES: [&[u8]; 7] = [
    b"java.lang.reflect",
    b"java.lang.invoke",
    b"javax.naming.",
    b"javax.script.",
    b"com.sun.org.apache",
    b"com.opensymphony.xwork2",
    b"org.apache.commons.collections",
];

static ACTING: Dictionary<(), 256> = Dictionary::new((), &[((), CLASSES)]);

const CLASSES: &[&str] = &[
    "BufferedInputStream",
    "BufferedReader",
    "ByteArrayInputStream",
    "ByteArrayOutputStream",
    "CharArrayReader",
    "Class",
    "ClassLoader",
    "ClassPathXmlApplicationContext",
    "CloneTransformer",
    "ClosureTransformer",
    "DataInputStream",
    "File",
    "FileInputStream",
    "FileOutputStream",
    "FileReader",
    "FileSystemXmlApplicationContext",
    "FileWriter",
    "FilterInputStream",
    "FilterOutputStream",
    "FilterReader",
    "ForClosure",
    "GroovyShell",
    "InetAddress",
    "InitialContext",
    "InputStream",
    "InputStreamReader",
    "InstantiateFactory",
    "InstantiateTransformer",
    "InvokerTransformer",
    "JdbcRowSetImpl",
    "LineNumberReader",
    "MethodHandle",
    "ObjectInputStream",
    "ObjectOutputStream",
    "OutputStream",
    "PipedOutputStream",
    "PipedReader",
    "PrintStream",
    "Process",
    "ProcessBuilder",
    "ProcessImpl",
    "PrototypeCloneFactory",
    "PrototypeSerializationFactory",
    "PushbackInputStream",
    "Reader",
    "Runtime",
    "ScriptEngineManager",
    "Shutdown",
    "Socket",
    "StringReader",
    "System",
    "TemplatesImpl",
    "Thread",
    "URL",
    "URLClassLoader",
    "WhileClosure",
    "XMLDecoder",
];
