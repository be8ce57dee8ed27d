# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Axe 1 : mois de droit conservés, compétences et confiance
#
# Ce carnet lit les indicateurs publiés et les estimations qui en ont été tirées (`estimates_…`) ; une estimation
# plus ancienne que les indicateurs n'est pas lue. Il ne montre que des agrégats, **avant** contrôle du secret
# statistique : rien de ce qu'il affiche ne sort de la zone de travail.

# %%
import altair as alt
from IPython.display import Markdown

from tznr_platform.estimation.interval_chart import interval_chart
from tznr_platform.estimation.outputs import SPELLS
from tznr_platform.estimation.retention import cumulative_incidence
from tznr_platform.estimation.rmst import restricted_mean
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.settings import load_settings
from tznr_platform.storage import warehouse
from tznr_platform.storage.estimates import marts_hash, show_current

settings = load_settings()
published = warehouse.connect(settings.published_file, settings=settings, read_only=True)
known = show_current(published, settings, marts_hash(published))
alt.renderers.enable("svg")

# %% [markdown]
# ## Couverture : qui est dans les chiffres

# %%
territories, present = published.execute("""
    select count(*) filter (territory_code <> 'FR'), count(*) filter (territory_code <> 'FR' and has_deliveries)
    from marts.mart_coverage
""").fetchone()
Markdown(f"{present} territoires sur {territories} ont transmis des données. "
         f"Estimations calculées pour ces données : {len(known)}.")

# %% [markdown]
# ## Mois conservés sur les douze premiers
#
# Aire sous la courbe d'Aalen-Johansen : aucun risque proportionnel n'est supposé, et le résultat se lit en mois.

# %%
spells = published.execute(SPELLS).df()
curves = [cumulative_incidence(rows, code) for code, rows in spells.groupby("benefit_code")]
means = [curve if isinstance(curve, NotEstimable) else restricted_mean(curve) for curve in curves]
Markdown("\n\n".join(str(mean) if isinstance(mean, NotEstimable) else mean.explain() for mean in means))

# %% [markdown]
# L'écart entre aller-vers et autres contacts est une description : rien ne rend ces personnes semblables.

# %%
published.execute("""
    select benefit_code as "Prestation", difference_months as "Écart en mois", low_months as "de", high_months as "à",
           adjusted_p_value as "p corrigée", reason as "Non estimable"
    from estimates_retention_differences order by benefit_code
""").df().style.hide(axis="index").format(precision=2, na_rep="–")

# %% [markdown]
# ## Échelles : d'abord la fiabilité, puis la comparabilité, alors seulement un score
#
# Sous 0,60 d'alpha ou d'oméga, seuls les items se lisent. Un score d'une autre vague n'est lu que si les niveaux
# sont comparables (invariance scalaire).

# %%
published.execute("""
    select instrument_code as "Instrument", instrument_version as "Version", dimension_code as "Dimension",
           wave_code as "Vague", alpha_raw as "Alpha", omega_total as "Oméga", score_mean as "Score",
           reason as "Pourquoi pas de score"
    from estimates_scale_means order by all
""").df().style.hide(axis="index").format(precision=2, na_rep="–")

# %% [markdown]
# ## Évolution, et ce qu'elle deviendrait si les perdus de vue avaient évolué autrement
#
# « Avant/après » : sans groupe de comparaison, aucune évolution n'est imputable au programme.

# %%
tilts = published.execute("""
    select concat_ws(' ', instrument_code, instrument_version, dimension_code, wave_code, round(delta, 1)) as label,
           estimate, low, high
    from estimates_scale_change_tilts order by instrument_code, instrument_version, dimension_code, wave_code, delta
""").df()
published.close()
interval_chart(tilts, label="label", value="estimate", low="low", high="high", axis="Évolution du score",
               title="Selon l'évolution des perdus de vue (en écarts-types de plus que prévu)")
