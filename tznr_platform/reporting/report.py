"""A report: one self-contained French page, written only when its gate is passed.

Here: gathering and rendering. Not here: the choice of numbers (``sections``), their drawing (``charts``,
``map``).
"""

from __future__ import annotations

from pathlib import Path

import jinja2
import yaml

from quality import candidate, gate
from quality.criteria import gate_named
from tznr_platform import contracts, french
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.reporting import estimate_sections, sections
from tznr_platform.reporting.book import Book
from tznr_platform.reporting.effects import effects
from tznr_platform.reporting.explanation import code_version
from tznr_platform.reporting.labels import label
from tznr_platform.reporting.map import department_map, legend, outlines
from tznr_platform.reporting.numbers import read_numbers
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse

HOME = Path(__file__).parent
REPORTS = {
    "interim": {
        "title": "Rapport intermédiaire",
        "date": "juillet 2026",
        "status": "Résultats provisoires : la collecte "
        "se poursuit jusqu’au 31 décembre 2026, et les derniers mois des organismes seront révisés.",
    },
    "final": {
        "title": "Rapport final",
        "date": "juillet 2027",
        "status": "Résultats de toute l’expérimentation, du 15 juillet 2023 au 31 décembre 2026.",
    },
}


def report_file(report: str, settings: Settings) -> Path:
    return settings.reports_dir / f"{report}.html"


def render(report: str, settings: Settings) -> Path:
    """Write ``reports/<report>.html``; ``interim`` or ``final``. GateRefused unless its gate passed this
    very content.
    """
    if report not in REPORTS:
        raise UserError(f"Rapport inconnu : « {report} ».", remedy=f"choisir parmi {', '.join(REPORTS)}",
                        exit_code=ExitCode.USAGE)
    promotion = gate.require(report, settings)
    lake.atomic_write_text(report_file(report, settings), _page(report, promotion, settings))
    return report_file(report, settings)


def _page(report: str, promotion: dict, settings: Settings) -> str:
    book = Book(read_numbers(settings))
    territories = _territories(book, settings)
    names = ("access", "non_take_up", "retention", "practices", "detection", "network", "participation", "costs",
             "annexes")
    content = {name: getattr(sections, name)(book) for name in names}
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            **REPORTS[report],
            **content,
            effects=effects(book),
            **{name: getattr(estimate_sections, name)(book)
               for name in ("retention_months", "scale_gates", "practice_change", "network_shape", "avoided")},
            n=book.show,
            value=book.value,
            promotion=promotion,
            territories=territories,
            absent=[territory for territory in territories if not territory["is_in"]],
            map=department_map(territories),
            legend=legend(),
            map_source=outlines()["source"],
            cutoff=french.month(gate_named(report).data_cutoff),
            today=french.day(settings.today),
            code=code_version(),
            benchmarks=_benchmarks(),
            limits=_data("limits"),
            glossary=_data("glossary"),
            count=french.count,
        )
    )


def _territories(book: Book, settings: Settings) -> list[dict]:
    """The 39: label, département, presence, versions in force. Counts of persons are read from disclosed
    numbers.
    """
    with warehouse.connect(settings.published_file, settings=settings, read_only=True) as con:
        rows = con.execute(f"""
            select territory_code as code, territory_label as label, department_code, has_deliveries as is_in,
                   start_wave as wave, last_period_month as last_month, versions
            from marts.mart_coverage
            left join (select sender_code,
                              string_agg('v' || version || ' : ' || deliveries, ', ' order by version)
                              as versions
                       from (select sender_code, version, count(*) as deliveries
                             from read_parquet({lake.quote(candidate.register_file(settings))})
                             where is_current and status_code in ('accepted', 'partial') group by all)
                       group by sender_code) on sender_code = territory_code
            where territory_code <> 'FR' order by territory_code""")
        names = [column[0] for column in rows.description]
        found = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    return [
        territory | {"persons": book.value(f"couverture.personnes.{territory['code']}")}
        for territory in found
    ]


def _benchmarks() -> list[dict]:
    """National rates with year, unit, field and method, from the reference list; « – » where the source is
    silent.
    """
    return [
        {name: value or "–" for name, value in row.items()}
        | {
            "benefit": label("benefit_code", row["benefit_code"]),
            "share": french.share(float(row["value_share"]), 0),
        }
        for row in contracts.reference("national_benchmarks")
    ]


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(HOME / "templates"), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["month"] = french.month
    return environment


def _data(name: str):
    return yaml.safe_load((HOME / f"{name}.yml").read_text(encoding="utf-8"))
