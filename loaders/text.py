"""Text as people read it: one form of each character (NFC), no markup."""

import html

import polars as pl

_UNSEEN = r"(?is)<script\b.*?</script\s*>|<style\b.*?</style\s*>|<!--.*?-->"
_BREAKS = r"(?i)</?(p|br|div|li|ul|ol|tr|td|th|h[1-6]|table|section|article)\b[^<>]*>"
_TAGS = r"</?[a-zA-Z][^<>]*>"


def nfc(text: pl.Series) -> pl.Series:
    """Return strings in Unicode's normal form C: an ``e`` with its accent is one character."""
    if (text.str.len_bytes() == text.str.len_chars()).all():
        return text  # nothing but ASCII
    return text.str.normalize("NFC")


def without_html(text: pl.Series) -> pl.Series:
    """Return strings without tags, comments and scripts, entities as their characters.

    Only what begins like a tag is one: ``a < b`` stays.
    """
    marked = text.str.contains("[<&]").fill_null(value=False)
    if not marked.any():
        return text
    plain = (
        text.filter(marked)
        .str.replace_all(_UNSEEN, " ")
        .str.replace_all(_BREAKS, " ")
        .str.replace_all(_TAGS, "")
    )
    entities = plain.str.contains("&", literal=True)
    read = [html.unescape(one) if has else one for one, has in zip(plain, entities, strict=True)]
    # Entities may stand for what UTF-8 cannot hold.
    clean = [one.encode(errors="replace").decode() if not one.isascii() else one for one in read]
    spaced = pl.Series(clean, dtype=pl.String).str.replace_all(r"\s+", " ").str.strip_chars()
    return text.scatter(marked.arg_true(), spaced)
