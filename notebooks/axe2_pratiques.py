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
# # Axe 2 : pratiques professionnelles
#
# Fréquences déclarées, repérage et orientation, nouveaux métiers. Agrégats **avant** contrôle du secret statistique.

# %%
import altair as alt
from IPython.display import Markdown

from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.interval_chart import interval_chart
from tznr_platform.estimation.match_rates import wilson
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
# ## Part qui pratique chaque semaine, par vague
#
# Intervalle de Wilson : il dit jusqu'où porte le nombre de répondants, non qu'ils aient été tirés au sort.

# %%
weekly = published.execute("""
    select practice_code || ' ' || wave_code as label, professional_count, weekly_share
    from marts.mart_practices where territory_code = 'FR' and professional_count > 0 order by practice_code, wave_code
""").df()
low, high = wilson(weekly["weekly_share"].to_numpy(), weekly["professional_count"].to_numpy(float))
interval_chart(weekly.assign(low=low, high=high), label="label", value="weekly_share", low="low", high="high",
               axis="Part des répondants", title="Pratique au moins hebdomadaire", nothing=None)

# %%
Markdown(f"Évolution des pratiques : {load_design().label('practice_change')}. Les répondants d'une vague ne sont pas "
         "ceux d'une autre ; une évolution n'est pas imputable au programme.")

# %% [markdown]
# ## Repérer, orienter, aboutir
#
# Un territoire qui ne transmet pas ses examens est hors du taux : ce n'est pas un échec.

# %%
published.execute("""
    select channel_code as "Canal", detected_person_count / nullif(reviewable_person_count, 0) as "Repérage",
           referred_person_count / nullif(referable_person_count, 0) as "Orientation"
    from marts.mart_detection where territory_code = 'FR' order by channel_code
""").df().style.hide(axis="index").format(precision=2, na_rep="–")

# %% [markdown]
# ## Nouveaux métiers

# %%
positions = published.execute("""
    select position_title_code as "Intitulé", position_status_code as "Statut", sum(fte_count) as "ETP"
    from marts.mart_positions where territory_code = 'FR' group by all order by "ETP" desc
""").df()
published.close()
positions.style.hide(axis="index").format(precision=1)
