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
import numpy as np
from IPython.display import Markdown

from tznr_platform import french
from tznr_platform.estimation.access_diagnostics import Circumstances, diagnose
from tznr_platform.estimation.charts import incidence_chart
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.diagnostics import promote
from tznr_platform.estimation.event_study import event_study
from tznr_platform.estimation.outputs import SPELLS, retention_by_benefit
from tznr_platform.estimation.panel import AccessPanel
from tznr_platform.estimation.trials import effects
from tznr_platform.settings import load_settings
from tznr_platform.storage import warehouse
from tznr_platform.storage.estimates import marts_hash, show_current
from tznr_platform.synthetic.natural_take_up import MONTHS, natural_take_up

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
effect = f"Effet du programme sur le maintien : {load_design().label('retention_incidence')}."
Markdown("\n\n".join([effect, *map(str, retention.not_estimable)]))

# %%
incidence_chart(retention.frame)

# %% [markdown]
# ## Effet de la première rencontre : ce que la méthode retrouve, et ce qu'elle ne peut pas
#
# Ces personnes sont tirées au sort : leur droit est connu avec et sans rencontre, donc l'effet vrai aussi. La même
# comparaison, mois par mois, est faite deux fois : avec tout le monde, puis comme dans nos données, où l'on ne
# compare qu'à des personnes qui seront rencontrées un jour.

# %%
drawn, trials, horizon = natural_take_up(24_000, seed=1), range(14, 40), 6
age = drawn.eligible_months
stratum = np.where(age < 0, -1, 2 * np.minimum(age, 30) + drawn.is_open)
panel = AccessPanel.of(drawn.contact_month, drawn.is_open, stratum, np.arange(len(stratum)) % 39,
                       channel=np.full(len(stratum), "aller_vers"))
everybody, = effects(panel, trials, (horizon,), of_channel="aller_vers")
met_one_day, = effects(panel.only(drawn.contact_month < MONTHS), trials, (horizon,), of_channel="aller_vers")
Markdown("\n\n".join([
    f"Effet vrai : {french.points(drawn.truth(trials, horizon))}.",
    f"Avec tout le monde : {everybody.explain()}",
    f"Comparées à qui sera rencontré un jour, comme dans nos données : {met_one_day.explain()}"]))

# %% [markdown]
# Le passé est plat dans les deux cas : un passé plat ne prouve rien.

# %%
event_study(panel.only(drawn.contact_month < MONTHS), trials, before=6, after=6).plot()

# %% [markdown]
# ## Sous quelle étiquette, et avec quels diagnostics
#
# Un effet sans ses diagnostics est refusé. Ce qui n'a pas pu être mesuré est dit.

# %%
seen = Circumstances("not_yet_met", match_share=0.95, false_link_share=0.01, known_share=0.98, objection_share=0.01,
                     missing_share=0.1)
diagnostics = diagnose(panel, trials, everybody, seen, placebos={}, schemes={})
Markdown(promote("opening_after_outreach", everybody, diagnostics).explain().replace("\n", "\n\n"))

# %% [markdown]
# ## Les effets estimés sur les données reçues
#
# Écrits par le travail « estimations » ; ceux d'autres données que celles qui sont publiées ne se lisent pas.

# %%
written = show_current(published, settings, marts_hash(published))
found = published.execute("""
    select label as "Étiquette", count(*) as "Effets", count(*) filter (is_bounds_only) as "En bornes seulement"
    from estimates_access_effects group by label order by label
""").df() if "access_effects" in written else None
published.close()
Markdown("Non calculés pour ces données.") if found is None else found.style.hide(axis="index")
