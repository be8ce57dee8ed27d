"""Avoided costs: amounts that refuse to be added, ratios that refuse to be defined, draws whose laws are known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t
from threadpoolctl import threadpool_limits

from tznr_platform.errors import UserError
from tznr_platform.estimation.avoided import AvoidedEvent, from_marts, repriced
from tznr_platform.estimation.costs import (
    Euros,
    Ledger,
    Perspective,
    annuity,
    counts_in,
    present_value,
    side_by_side,
)
from tznr_platform.estimation.fieller import Ratio, cost_per_opening, fieller
from tznr_platform.estimation.psa import Psa, discount_sensitivity, sensitivity
from tznr_platform.estimation.sampled import Sampled, total_over_territories
from tznr_platform.estimation.verdict import NotEstimable

PROGRAMME = Euros(Perspective.PUBLIC, Ledger.PROGRAMME, 2026, 200_000.0)
OPENINGS = {"ouvertures": Sampled(500, 60, 39)}


def _event(**change) -> AvoidedEvent:
    given = {"event_code": "aide_fsl", "payer_code": "DEPARTEMENT", "unit_cost_low_eur": 300,
             "unit_cost_central_eur": 500, "unit_cost_high_eur": 800, "price_year": 2026, "source_label": "invention",
             "grade_code": "B", "literature_share": 0.0, "probability": 0.6, "probability_count": 80}
    return AvoidedEvent(**{**given, **change})


EVENTS = [_event(), _event(event_code="expulsion", payer_code="ETAT", unit_cost_low_eur=2000,
                           unit_cost_central_eur=6000, unit_cost_high_eur=9000, probability=0.03,
                           literature_share=1.0),
          _event(event_code="plan_apurement", payer_code="BAILLEUR", probability=0.1)]


class TestEuros:
    def test_same_ledger_perspective_and_year_add(self):
        assert sum([PROGRAMME, PROGRAMME]).amount == 400_000
        assert (PROGRAMME - dataclasses.replace(PROGRAMME, amount=50_000)).amount == 150_000

    @pytest.mark.parametrize("change", [{"perspective": Perspective.PROVIDERS}, {"ledger": Ledger.AVOIDED},
                                        {"ledger": Ledger.TRANSFERS}, {"price_year": 2025}])
    def test_anything_else_refuses(self, change: dict):
        other = dataclasses.replace(PROGRAMME, **change)
        for operation in (lambda: PROGRAMME + other, lambda: PROGRAMME - other, lambda: sum([PROGRAMME, other])):
            with pytest.raises(UserError, match="ne s'ajoutent pas"):
                operation()
        with pytest.raises(UserError, match="sans point de vue"):
            PROGRAMME + 12
        with pytest.raises(UserError, match="pas un nombre"):
            dataclasses.replace(PROGRAMME, amount=float("nan"))

    def test_a_transfer_is_no_cost_for_the_society(self):
        with pytest.raises(UserError, match="transfert"):
            Euros(Perspective.SOCIETY, Ledger.TRANSFERS, 2026, 1.0)

    def test_side_by_side_has_no_total(self):
        frame = side_by_side(PROGRAMME, dataclasses.replace(PROGRAMME, ledger=Ledger.TRANSFERS, amount=9.0))
        assert frame["ledger_code"].tolist() == ["programme", "transferts"]
        assert frame["mean_eur"].tolist() == [200_000, 9]

    def test_payers_have_one_perspective_and_the_society_counts_them_all(self):
        assert counts_in("CAF", Perspective.PUBLIC) and not counts_in("CAF", Perspective.PROVIDERS)
        assert all(counts_in(payer, Perspective.SOCIETY) for payer in ("CAF", "BAILLEUR", "MENAGE"))
        with pytest.raises(UserError, match="Payeur inconnu"):
            counts_in("BANQUE", Perspective.PUBLIC)

    def test_discounting(self):
        assert present_value({2024: 100, 2026: 100}, 2024, 0.032) == pytest.approx(100 + 100 / 1.032**2)
        assert annuity(3, 0.0) == 3
        assert annuity(3, 0.032) == pytest.approx(1 + 1 / 1.032 + 1 / 1.032**2)
        for discounted in (lambda: annuity(3, -1.0), lambda: present_value({2026: 1.0}, 2024, float("nan"))):
            with pytest.raises(UserError, match="Taux"):
                discounted()


class TestFieller:
    def test_bounds_are_the_ratios_that_are_just_rejected(self):
        top, bottom, covariance = Sampled(900, 80), Sampled(40, 6, 12), 100.0
        ratio = fieller("x", top, bottom, covariance)
        point = t.ppf(0.975, 11)
        for bound in (ratio.low, ratio.high):
            variance = top.standard_error**2 - 2 * bound * covariance + bound**2 * bottom.standard_error**2
            assert abs(top.estimate - bound * bottom.estimate) == pytest.approx(point * np.sqrt(variance))
        assert ratio.low < ratio.value < ratio.high

    def test_a_known_numerator_gives_the_inverse_of_the_interval_of_the_effect(self):
        effect = Sampled(500, 60, 39)
        low, high = effect.interval
        assert fieller("x", Sampled(1e6, 0), effect).low == pytest.approx(1e6 / high)
        assert fieller("x", Sampled(1e6, 0), effect).high == pytest.approx(1e6 / low)

    def test_a_covariance_that_no_estimates_have_stops(self):
        for covariance in (481.0, float("nan")):
            with pytest.raises(UserError, match="Covariance"):
                fieller("x", Sampled(900, 80), Sampled(40, 6), covariance)

    def test_covers_the_true_ratio(self):
        rng = np.random.default_rng(6)
        found = [fieller("x", Sampled(100 + 10 * a, 10), Sampled(20 + 4 * b, 4)) for a, b in rng.normal(size=(4000, 2))]
        held = [not isinstance(one, Ratio) or one.low <= 5 <= one.high for one in found]
        assert np.mean(held) == pytest.approx(0.95, abs=0.012)

    def test_not_defined_when_the_effect_may_be_zero(self):
        doubtful, harmful = Sampled(500, 300, 39), Sampled(-500, 60, 39)
        first, second = cost_per_opening({"21,6 M€": 21.6e6, "22,5 M€": 22.5e6}, 4000, doubtful)
        assert (first.gross_eur, second.gross_eur) == (5400, 5625)
        assert "non défini : l'effet peut être nul." in first.explain()
        assert first.to_frame()["status_label"].tolist() == ["non défini"]
        assert first.to_frame()["corrected_eur"].isna().all()
        assert "non défini : l'effet est négatif." in cost_per_opening({"a": 1.0}, 10, harmful)[0].explain()
        unknown = NotEstimable("effet", "personne n'a été rencontré.")
        assert "personne n'a été rencontré" in cost_per_opening({"a": 1.0}, 0, unknown)[0].explain()

    def test_defined_otherwise_with_both_totals(self):
        additional = Sampled.of_effect(0.1, 0.01, cluster_count=39, person_count=20_000)
        found = cost_per_opening({"21,6 M€": 21.6e6, "22,5 M€": 22.5e6}, 4000, additional)
        assert [one.corrected.value for one in found] == pytest.approx([10_800, 11_250])
        frame = pd.concat([one.to_frame() for one in found])
        assert not frame.isna().any().any()
        assert "intervalle de Fieller" in found[0].explain()
        assert "layer" in found[0].plot().to_dict()


class TestSampled:
    def test_total_has_the_jackknife_error_of_a_sum(self):
        values = np.array([3.0, 8, 1, 0, np.nan, 6])
        total = total_over_territories("aide_fsl", values)
        kept = values[~np.isnan(values)]
        without = np.array([np.delete(kept, i).sum() * 5 / 4 for i in range(5)])
        assert (total.estimate, total.cluster_count) == (18, 5)
        assert total.standard_error == pytest.approx(np.sqrt(4 / 5 * ((without - 18) ** 2).sum()))
        assert isinstance(total_over_territories("aide_fsl", np.array([3.0])), NotEstimable)

    def test_an_effect_without_error_is_refused(self):
        for wrong in ((1.0, float("nan"), 3), (1.0, -1.0, 3), (1.0, 1.0, 1)):
            with pytest.raises(UserError, match="échantillonnage"):
                Sampled(*wrong)


class TestSensitivity:
    def test_draws_have_the_declared_laws(self):
        result = sensitivity(PROGRAMME, OPENINGS, EVENTS)
        values = dict(zip(result.names, result.values.T, strict=True))
        cost = values["coût unitaire : aide_fsl, DEPARTEMENT"]
        assert (cost.mean(), cost.std()) == pytest.approx((500, 500 / 3.92), rel=0.03)
        assert cost.min() > 0
        chance = values["probabilité : aide_fsl"]
        assert (chance.mean(), chance.std()) == pytest.approx((0.6, np.sqrt(0.6 * 0.4 / 81)), rel=0.03)
        openings = values["ouvertures"]
        assert (openings.mean(), openings.std()) == pytest.approx((500, 60 * np.sqrt(38 / 36)), rel=0.03)

    def test_one_known_everything_is_arithmetic(self):
        known = _event(unit_cost_low_eur=500, unit_cost_high_eur=500, probability_count=0, attribution_share=0.5,
                       overlap_share=0.2, year_count=2)
        result = sensitivity(PROGRAMME, {"ouvertures": Sampled(1000, 0)}, [known], draws=100)
        expected = 1000 * 0.6 * 500 * 0.5 * 0.8 * (1 + 1 / 1.032)
        assert result.avoided.amount == pytest.approx(expected)
        assert result.net == pytest.approx(expected - 200_000)
        assert result.probability_net_positive == float(expected > 200_000)
        assert result.tornado.empty
        assert (result.evppi()["evppi_eur"] == 0).all()

    def test_probability_and_interval_of_a_normal_net_saving(self):
        known = _event(unit_cost_low_eur=500, unit_cost_high_eur=500, probability=1.0)
        result = sensitivity(PROGRAMME, {"ouvertures": Sampled(500, 100)}, [known])
        assert result.probability_net_positive == pytest.approx(norm.cdf(1), abs=0.012)
        assert result.interval == pytest.approx((50_000 - 98_000, 50_000 + 98_000), abs=4500)
        loss = 50_000 * norm.pdf(1)
        expected = loss - 50_000 * (1 - norm.cdf(1))
        worth = result.evppi().set_index("parameter")["evppi_eur"]
        assert worth["ouvertures"] == pytest.approx(expected, rel=0.1)
        assert worth["tous"] == pytest.approx(expected, rel=0.1)
        assert worth["probabilité : aide_fsl"] == 0

    def test_each_perspective_counts_its_own_payers(self):
        society = dataclasses.replace(PROGRAMME, perspective=Perspective.SOCIETY)
        providers = dataclasses.replace(PROGRAMME, perspective=Perspective.PROVIDERS, amount=0.0)
        for seen, count in ((PROGRAMME, 2), (providers, 1), (society, 3)):
            assert len(sensitivity(seen, OPENINGS, EVENTS, draws=50).by_event) == count
        household = dataclasses.replace(PROGRAMME, perspective=Perspective.HOUSEHOLD)
        assert "aucun coût unitaire" in str(sensitivity(household, OPENINGS, EVENTS))

    def test_grade_d_never_enters_the_base_case(self):
        events = [*EVENTS, _event(event_code="aide_alimentaire", grade_code="D")]
        base = sensitivity(PROGRAMME, OPENINGS, events, draws=200)
        assert base.excluded == ("aide_alimentaire",)
        assert "aide_alimentaire" not in set(base.by_event["cost_event_code"])
        other = sensitivity(PROGRAMME, OPENINGS, events, draws=200, base_case=False)
        assert not other.is_base_case and "hors hypothèse centrale" in other.explain()
        assert other.avoided.amount.mean() > base.avoided.amount.mean()

    def test_declared_correlations_hold_and_widen_the_interval(self):
        pair = ("coût unitaire : aide_fsl, DEPARTEMENT", "coût unitaire : expulsion, ETAT")
        alone = sensitivity(PROGRAMME, OPENINGS, EVENTS)
        tied = sensitivity(PROGRAMME, OPENINGS, EVENTS, correlations={pair: 0.9})
        places = [tied.names.index(name) for name in pair]
        ranks = pd.DataFrame(tied.values[:, places]).corr("spearman").iloc[0, 1]
        assert ranks == pytest.approx(6 / np.pi * np.arcsin(0.45), abs=0.02)
        assert np.ptp(tied.interval) > np.ptp(alone.interval)
        with pytest.raises(UserError, match="mal déclarée"):
            sensitivity(PROGRAMME, OPENINGS, EVENTS, correlations={("ouvertures", "x"): 0.5})
        with pytest.raises(UserError, match="se contredisent"):
            names = ("ouvertures", *pair)
            sensitivity(PROGRAMME, OPENINGS, EVENTS, correlations={
                (names[0], names[1]): 0.9, (names[0], names[2]): 0.9, (names[1], names[2]): -0.9})

    def test_tornado_is_sorted_and_centred_on_the_means(self):
        result = sensitivity(PROGRAMME, OPENINGS, EVENTS)
        widths = result.tornado["net_high_eur"] - result.tornado["net_low_eur"]
        assert widths.is_monotonic_decreasing
        expected = 500 * 0.6 * 500 + 500 * 0.03 * 6000 - 200_000
        assert result.tornado["net_at_mean_eur"].tolist() == pytest.approx([expected] * len(widths))
        assert "layer" in result.plot().to_dict()

    def test_events_counted_by_territories_need_no_effect(self):
        counted = _event(driver="aide_fsl", probability=1.0)
        quantity = total_over_territories("aide_fsl", np.array([30.0, 80, 10, 60]))
        result = sensitivity(PROGRAMME, {"aide_fsl": quantity}, [counted])
        assert result.avoided.amount.mean() == pytest.approx(180 * 500, rel=0.03)
        unknown = total_over_territories("aide_fsl", np.array([30.0]))
        assert "moins de deux territoires" in str(sensitivity(PROGRAMME, {"aide_fsl": unknown}, [counted]))

    def test_marts_give_quantities_with_the_error_of_their_territories(self):
        cost = {"payer_code": "DEPARTEMENT", "unit_cost_low_eur": 300.0, "unit_cost_central_eur": 500.0,
                "unit_cost_high_eur": 800.0, "price_year": 2026, "source_label": "invention", "literature_share": 0.5,
                "evidence_grade_code": "B"}
        rows = [{"territory_code": code, "cost_event_code": "aide_fsl", "avoided_quantity": quantity, **cost}
                for code, quantity in (("T01", 30.0), ("T02", 80.0), ("T03", 10.0), ("FR", 120.0))]
        rows += [{**row, "payer_code": "ETAT"} for row in rows]
        rows += [{"territory_code": "FR", "cost_event_code": "expulsion", "avoided_quantity": 4.0}]
        quantities, events = from_marts(pd.DataFrame(rows))
        assert quantities["aide_fsl"] == total_over_territories("aide_fsl", np.array([30.0, 80, 10]))
        assert [(event.event_code, event.payer_code) for event in events] == [("aide_fsl", "DEPARTEMENT"),
                                                                              ("aide_fsl", "ETAT")]
        result = sensitivity(PROGRAMME, quantities, events)
        assert result.avoided.amount.mean() == pytest.approx(120 * 1000, rel=0.1)
        assert result.literature_share == pytest.approx(0.5)
        by_payer = result.by_payer.set_index("payer_code")
        assert by_payer["mean_eur"].sum() == pytest.approx(result.avoided.amount.mean())
        assert by_payer["mean_eur"].between(by_payer["low_eur"], by_payer["high_eur"]).all()

    def test_the_result_says_what_it_rests_on_and_is_the_same_with_the_same_seed(self):
        first = sensitivity(PROGRAMME, OPENINGS, EVENTS)
        with threadpool_limits(2):
            again = sensitivity(PROGRAMME, OPENINGS, EVENTS)
        assert first.net.tobytes() == again.net.tobytes()
        assert first.literature_share == pytest.approx(90 / 240, abs=0.01)
        frame = first.to_frame()
        assert len(frame) == 1 and not frame.isna().any().any()
        assert "n'y entrent pas" in first.explain()
        assert len(first.net) == 10_000
        rates = discount_sensitivity(PROGRAMME, OPENINGS, [_event(year_count=5)], draws=500)
        assert rates["discount_rate"].tolist() == [0.0, 0.025, 0.032]
        assert rates["avoided_mean_eur"].is_monotonic_decreasing

    def test_transfers_prices_of_other_years_and_doubles_stop(self):
        transfers = dataclasses.replace(PROGRAMME, ledger=Ledger.TRANSFERS)
        with pytest.raises(UserError, match="Seul le coût du programme"):
            sensitivity(transfers, OPENINGS, EVENTS)
        with pytest.raises(UserError, match="prix d'années différentes"):
            sensitivity(PROGRAMME, OPENINGS, [_event(price_year=2020)])
        with pytest.raises(UserError, match="deux fois"):
            sensitivity(PROGRAMME, OPENINGS, [_event(), _event()])
        with pytest.raises(UserError, match="deux probabilités"):
            sensitivity(PROGRAMME, OPENINGS, [_event(), _event(payer_code="ETAT", probability=0.2)])
        with pytest.raises(UserError, match="Quantité absente"):
            sensitivity(PROGRAMME, {}, EVENTS)
        with pytest.raises(UserError, match="tirages"):
            sensitivity(dataclasses.replace(PROGRAMME, amount=np.ones(3)), OPENINGS, EVENTS)

    def test_repricing_moves_the_three_costs(self):
        moved = repriced(_event(price_year=2020), 2026, {2020: 100.0, 2026: 118.0})
        assert (moved.unit_cost_central_eur, moved.price_year) == (590, 2026)
        assert isinstance(sensitivity(PROGRAMME, OPENINGS, [moved], draws=10), Psa)
        with pytest.raises(UserError, match="indice des prix"):
            repriced(_event(), 2030, {2026: 100.0})

    @pytest.mark.parametrize("change", [{"unit_cost_low_eur": 900}, {"probability": 1.2}, {"grade_code": "E"},
                                        {"literature_share": 2}, {"source_label": " "}, {"year_count": 0},
                                        {"unit_cost_low_eur": float("nan")}])
    def test_an_event_badly_described_stops(self, change: dict):
        with pytest.raises(UserError, match="mal décrit"):
            _event(**change)
