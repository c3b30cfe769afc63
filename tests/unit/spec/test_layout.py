"""The canonical layout of single pieces of YAML."""

import pytest

from broker.spec.layout import laid_out, says_the_same

PIECES = {
    "indentation of mappings": ("a:\n     b:\n      c: 1\n", "a:\n  b:\n    c: 1\n"),
    "lists are indented below their key": ("a:\n- 1\n-   2\n", "a:\n  - 1\n  - 2\n"),
    "a key after such a list": ("a:\n- b: 1\n  c: 2\nd: 3\n", "a:\n  - b: 1\n    c: 2\nd: 3\n"),
    "lists in lists": ("-   - a\n    - b\n", "- - a\n  - b\n"),
    "spaces in brackets": ("a: [ 1,2 , {b : 1,c:  2 } ]\n", "a: [1, 2, {b: 1, c: 2}]\n"),
    "brackets without anything": ("a: [ ]\nb: {  }\n", "a: []\nb: {}\n"),
    "what is in brackets is below its beginning": ("- {a: 1,\n   b: 2}\n", "- {a: 1,\n   b: 2}\n"),
    "or indented if that is a line of its own": (
        "a: {\n      b: [1,\n 2],\n c: 3\n}\n",
        "a: {\n  b: [1,\n      2],\n  c: 3\n}\n",
    ),
    "comments behind lines are below one another": (
        "a: 1 # one\nbcd: 2      #two\n\ne: 3    # three\n",
        "a: 1    # one\nbcd: 2  #two\n\ne: 3  # three\n",
    ),
    "comments inside of brackets stay": (
        "a: [1, # one\n  # two\n 2]  \n",
        "a: [1,  # one\n    # two\n    2]\n",
    ),
    "a comment goes with what it is about": (
        "a:\n    # of b\n    b: 1\n    # still in a\n# of c\nc: 2\n",
        "a:\n  # of b\n  b: 1\n  # still in a\n# of c\nc: 2\n",
    ),
    "a key that is commented out stays in its item": (
        "- a: 1\n  # b: 2\n- c: 3\n",
        "- a: 1\n  # b: 2\n- c: 3\n",
    ),
    "one blank line is enough": ("\n\na: 1\n\n \n\nb: 2\n\n", "a: 1\n\nb: 2\n"),
    "ends of lines": ("a: 1  \r\nb: 2", "a: 1\nb: 2\n"),
    "literal text": ("a: |\n      x\n\n        y\n\n\nb: 1\n", "a: |\n  x\n\n    y\n\nb: 1\n"),
    "literal text with blank lines behind": ("a:   |+\n x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"),
    "literal text that begins with spaces": ("a:\n   b: |2\n       x\n", "a:\n  b: |2\n      x\n"),
    "folded text in a list": ("a:\n- >-\n x\n y\n", "a:\n  - >-\n    x\n    y\n"),
    "a text of several lines": (
        'a: x\n    y\n\n    z\nb: "x\n y"\n',
        'a: x\n  y\n\n  z\nb: "x\n  y"\n',
    ),
    "a value on a line of its own": ("a:\n    text\nb:\n   [1]\n", "a:\n  text\nb:\n  [1]\n"),
    "anchors and aliases": (
        "a:   &x   1\nb: *x\n*x : c\nd: &y\n   e: 1\n",
        "a: &x 1\nb: *x\n*x : c\nd: &y\n  e: 1\n",
    ),
    "quotes and digits stay": (
        "a: '1'\nb:  010\nc: \"${var.x}\"\n",
        "a: '1'\nb: 010\nc: \"${var.x}\"\n",
    ),
    "explicit keys": ("?   a\n:   1\n? - b\n: - c\n", "? a\n: 1\n? - b\n: - c\n"),
    "the mark of a document": ("%YAML 1.2\n---\na:  1\n...\n", "%YAML 1.2\n---\na: 1\n...\n"),
    "JSON": ('{"a":1,\n  "b":[true]}\n', '{"a": 1,\n "b": [true]}\n'),
    "only a comment on top": ("#!x\n\n\na: 1\n# end\n", "#!x\n\na: 1\n# end\n"),
    "nothing behind a colon": ("a: {b: ,c: }\n", "a: {b: , c: }\n"),
    "literal text without an end": ("a: |\n     x", "a: |\n  x"),
    "wide characters": ("ä:   'é'   # ü\n", "ä: 'é'  # ü\n"),
}


@pytest.mark.parametrize("piece", sorted(PIECES))
def test_each_piece_has_one_layout_and_says_the_same(piece: str) -> None:
    before, after = PIECES[piece]

    assert laid_out(before) == after
    assert laid_out(after) == after
    assert says_the_same(before, after)
