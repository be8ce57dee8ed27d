"""A spreadsheet shows what we export, it never runs it."""

from __future__ import annotations

import csv
import io

import pytest

from tznr_platform.storage.exports import csv_text


@pytest.mark.parametrize("cell", ["=1+1", "+33", "-2+3", "@SUM(A1)", "\tcmd", "\rcmd", "=HYPERLINK(\"x\")"])
def test_r9_no_exported_cell_is_a_formula(cell):
    text = csv_text(["colonne", cell], [[cell, 1]])
    header, row = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";")
    assert header[1] == row[0] == f"'{cell}"
    assert header[1].removeprefix("'") == cell


def test_numbers_and_plain_text_are_written_as_they_are():
    assert csv_text(["a", "b"], [[-1.5, "déjà"], [None, "x;y"]]) == '\ufeffa;b\r\n-1.5;déjà\r\n;"x;y"\r\n'
