//! Edge cases of the lexer and the reader of commands.
