"""url_domains: the hosts of the web addresses in a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.expr.expression import Expr, apply
from featureprep.expr.op import register
from featureprep.expr.ops.functional import Forms, OfText
from featureprep.kernels.nested import collect, lengths_of, owners_of, starts_of
from featureprep.kernels.result import Batch
from featureprep.kernels.text import BLANKS, one_value
from featureprep.transforms._columns import column as as_column

# RE2 in batches, Python's `re` in row code: both have named groups, and classes of single code points mean the same in both
_SCHEME = r"\b[Hh][Tt][Tt][Pp][Ss]?://"
_ENDS = r"/?#\\\"<>^`{|}\x00-\x20\x7f" + "".join(blank for blank in BLANKS if blank > "\x7f")
_REST = rf"\A(?:[^{_ENDS}]*@)?(?P<rest>[^{_ENDS}@]*)"
_HOST = r"\A(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[%(letter)s_%%][%(letter)s_%%.-]*))"
_RE2_HOST = _HOST % {"letter": r"\p{L}\p{M}\p{N}"}
_SPLIT = re.compile(_SCHEME, re.ASCII).split
_FIND_REST = re.compile(_REST).match
_FIND_HOST = re.compile(_HOST % {"letter": "0-9A-Za-z"}).match


def url_domains(column: str | Expr, *, missing: Any = "keep") -> Expr:
    r"""The hosts of all web addresses (http and https URLs) in a text, in lower case.

    Parameters
    ----------
    column : str or Expr
        Text, of which addresses can be a part.
    missing : {"keep", "error", "quarantine"} or str
        For null. "keep" leaves null null. A text is put in first, and searched.

    Returns
    -------
    Expr
        list<string>, in the order of the text, repeated ones too; an empty list for a text without addresses.

    Raises
    ------
    TypeMismatchError
        At bind time, for a column that is not of text.

    Notes
    -----
    An address begins at `http://` or `https://` (in any ASCII case) that does not follow a letter, digit or underscore of ASCII; one inside
    another's path counts too. It has an authority up to the next blank, control character, one of ``/ ? # \ " < > ^ ` { | }``, or address; what
    stands there before the last `@` is left out. The host is what then comes: an IP address in brackets, given without them, or the longest run of
    letters, marks, numbers, ``_ % . -``, not beginning with ``. -``; dots at its end are left out. So a port is none of it, nor is a
    parenthesis or comma that follows. It is put in lower case (Unicode's simple mapping) and otherwise kept as it is: international names are
    not encoded or decoded, `www.` stays, an IP address is a host. An address that has no such host is left out; nothing is malformed.

    Nothing is learned: an empty, constant or all-null column is nothing special. There are no unknown values; text has no NaN.

    References
    ----------
    RFC 3986, section 3.2; Python, `urllib.parse.urlsplit(url).hostname`, which gives the same for a well-formed address.

    Examples
    --------
    >>> url_domains("body")
    url_domains(body)
    """
    return apply("url_domains", as_column("url_domains", column, missing))


@register
class UrlDomains(OfText):
    """Hosts of the URLs in a text."""

    name = "url_domains"

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return pa.list_(pa.string())

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        unicode_host = one_value(_hosts)

        def row(text: str) -> list[str]:
            found = []
            for tail in _SPLIT(text)[1:]:
                rest = _rest(tail)
                host = _ascii_host(rest) if rest.isascii() else unicode_host(rest)
                if host:
                    found.append(host)
            return found

        return _batch, row


def _batch(texts: pa.Array) -> Batch:
    some = np.flatnonzero(pc.match_substring(texts, "://").fill_null(False))
    parts = pc.split_pattern_regex(texts.take(pa.array(some)), pattern=_SCHEME)
    lengths = lengths_of(parts)
    after = np.ones(lengths.sum(), np.bool_)  # exact: counts parts
    after[starts_of(lengths)[:-1]] = False  # the first part stands before every address
    tails = parts.flatten().filter(pa.array(after))
    hosts = _hosts(pc.struct_field(pc.extract_regex(tails, pattern=_REST), "rest"))
    owners = some[owners_of(lengths)[after]][np.asarray(hosts.is_valid())]
    return collect(np.bincount(owners, minlength=len(texts)), hosts.drop_null(), np.asarray(texts.is_valid())), None


def _hosts(rests: pa.Array) -> pa.Array:
    """The host at the beginning of each text, null where there is none."""
    found = pc.extract_regex(rests, pattern=_RE2_HOST)  # of the two groups one is empty
    hosts = pc.binary_join_element_wise(pc.struct_field(found, "address"), pc.struct_field(found, "name"), "")
    return pc.utf8_lower(pc.utf8_rtrim(hosts, characters="."))


def _rest(tail: str) -> str:
    found = _FIND_REST(tail)
    return found["rest"] if found else ""


def _ascii_host(rest: str) -> str | None:
    found = _FIND_HOST(rest)
    return (found["address"] or found["name"]).rstrip(".").lower() if found else None
