//! Extensions of files that servers execute.

/// Extensions by which servers run a file, in lower case.
const PROGRAMS: &[&[u8]] = &[
    b"asa", b"asax", b"ascx", b"ashx", b"asmx", b"asp", b"aspx", b"axd", b"cfc", b"cfm", b"cfml", b"cgi",
    b"cshtml", b"jhtml", b"jsp", b"jspf", b"jspx", b"jsw", b"pgif", b"phar", b"pht", b"phtm", b"phtml",
    b"phpt", b"shtm", b"shtml", b"stm", b"vbhtml",
];

/// Whether a part between dots is an extension by which a server runs the file.
pub(super) fn is_program(part: &[u8]) -> bool {
    part.len() <= 6
        && (PROGRAMS.iter().any(|known| part.eq_ignore_ascii_case(known))
            || part.split_at_checked(3).is_some_and(|(name, version)| {
                name.eq_ignore_ascii_case(b"php") && version.iter().all(u8::is_ascii_digit)
            }))
}
