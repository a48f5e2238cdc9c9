#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Prints WordNet's dictionary as TSV for `drystone load`: a lemma and its glosses a line.

usage: words.py [FOLDER]     FOLDER: where data.noun, index.noun and so on are; /usr/share/wordnet without it

An index file names a lemma's senses, the most frequent first, by their byte offsets in the data file of the same part
of speech. All senses of a lemma go into one value: "noun: ...; ... verb: ...".
"""
import os
import sys

PARTS_OF_SPEECH = ["noun", "verb", "adj", "adv"]


def records(folder, name):
    """The lines of a WordNet file after its licence, which is indented."""
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        for line in file:
            if not line.startswith("  "):
                yield line


def glosses(folder, part):
    """Sense offset to gloss."""
    found = {}
    for line in records(folder, "data." + part):
        facts, bar, gloss = line.partition(" | ")
        if bar:
            found[facts.split(" ", 1)[0]] = " ".join(gloss.split())
    return found


def senses(folder, part):
    """Pairs of lemma and its sense offsets."""
    for line in records(folder, "index." + part):
        fields = line.split()
        # lemma, part of speech, number of senses, ..., and as many offsets at the end
        yield fields[0].replace("_", " "), fields[-int(fields[2]):]


def dictionary(folder):
    words = {}
    for part in PARTS_OF_SPEECH:
        gloss = glosses(folder, part)
        for lemma, offsets in senses(folder, part):
            text = "; ".join(gloss[offset] for offset in offsets)
            words.setdefault(lemma, []).append("%s: %s" % (part, text))
    return words


def escaped(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/wordnet"
    try:
        words = dictionary(folder)
    except OSError as error:
        sys.exit("words.py: %s: %s (Debian's package wordnet-base holds it)" % (error.filename, error.strerror))
    rows = ("%s\t%s\n" % (escaped(lemma), escaped(" ".join(texts))) for lemma, texts in words.items())
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.writelines(rows)


if __name__ == "__main__":
    main()
