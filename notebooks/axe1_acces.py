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
# # Axe 1 : accès aux droits et maintien
#
# Ce carnet lit les indicateurs publiés, sans pouvoir les modifier, et appelle les fonctions d'estimation de
# la plateforme. Il ne montre que des agrégats, **avant** contrôle du secret statistique : rien de ce qu'il
# affiche ne sort de la zone de travail. Les chiffres diffusables sont ceux du rapport.

# %%
import altair as alt
from IPython.display import Markdown

from tznr_platform import french
from tznr_platform.estimation.charts import incidence_chart
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.outputs import SPELLS, retention_by_benefit
from tznr_platform.settings import load_settings
from tznr_platform.storage import warehouse

settings = load_settings()
published = warehouse.connect(settings.published_file, settings=settings, read_only=True)
alt.renderers.enable("svg")

# %% [markdown]
# ## Couverture : qui est dans les chiffres

# %%
territories, present, persons, match_share = published.execute("""
    select count(*) filter (territory_code <> 'FR'),
           count(*) filter (territory_code <> 'FR' and has_deliveries),
           any_value(person_count) filter (territory_code = 'FR'),
           any_value(match_share) filter (territory_code = 'FR')
    from marts.mart_coverage
""").fetchone()
Markdown(f"{present} territoires sur {territories} ont transmis des données ; "
         f"{french.count(persons, 'personne rencontrée', 'personnes rencontrées')} ; "
         f"appariement : {french.measure(match_share, 'part')}.")

# %% [markdown]
# ## Quatre nombres différents : droit abordé, demandé, ouvert, versé
#
# Chaque nombre compte des personnes, pour toute la France et tous les canaux. « Inconnu » : personnes
# qu'aucun organisme payeur n'a retrouvées, ou prestation qu'aucun organisme ne transmet.

# %%
published.execute("""
    select benefit_code as "Prestation", discussed_count as "Abordé", requested_count as "Demandé",
           opened_count as "Ouvert", paid_count as "Versé", unknown_count as "Inconnu"
    from marts.mart_access
    where territory_code = 'FR' and channel_code = 'tous'
    order by discussed_count desc
""").df().style.hide(axis="index")

# %% [markdown]
# ## Maintien : comment les droits ouverts prennent fin
#
# Incidence cumulée d'Aalen-Johansen, les sorties étant en concurrence. Une période encore ouverte à la
# dernière extraction est censurée : elle n'est ni une sortie, ni un maintien définitif.

# %%
retention = retention_by_benefit(published.execute(SPELLS).df())
published.close()
effect = f"Effet du programme sur le maintien : {load_design().label('retention_incidence')}."
Markdown("\n\n".join([effect, *map(str, retention.not_estimable)]))

# %%
incidence_chart(retention.frame)
