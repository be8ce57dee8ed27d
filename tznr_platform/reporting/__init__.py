"""From disclosed numbers to documents.

Here: the numbers table, its explanations, the report page (wording, figures, map). Not here: what may leave
(``disclosure``), packages (``release``). A report is produced only through ``quality.gate.require``.
"""
