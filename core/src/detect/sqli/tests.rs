//! Edge cases of the tokenizer.
