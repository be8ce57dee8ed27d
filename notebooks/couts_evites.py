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
# # Coûts : trois registres, jamais additionnés
#
# Le coût du programme ; les prestations ouvertes, dépense publique nouvelle ; les événements évités. Le troisième
# se lit d'un point de vue à la fois, et n'est comparé qu'au premier.

# %%
import altair as alt
from IPython.display import Markdown

from tznr_platform.estimation.cost_outputs import AVOIDED, PROGRAMME, avoided_costs
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
# ## Registre 1, registre 2

# %%
programme = published.execute(PROGRAMME).df()
programme.rename(columns={"fiscal_year": "Exercice", "programme_cost_paid_eur": "Payé (€)"}
                 ).style.hide(axis="index").format(precision=0)

# %%
published.execute("""
    select payer_code as "Payeur", sum(transfer_opened_eur) as "Prestations ouvertes (€)"
    from marts.mart_transfers where territory_code = 'FR' group by payer_code order by payer_code
""").df().style.hide(axis="index").format(precision=0)

# %% [markdown]
# ## Registre 3 : coûts évités, par point de vue
#
# 10 000 tirages : quantités selon l'erreur des territoires, coûts unitaires gamma. Les points de vue ne
# s'ajoutent pas.

# %%
effects = published.execute("from estimates_access_effects").df() if "access_effects" in known else None
spared = avoided_costs(published.execute(AVOIDED).df(), programme, effects=effects)
published.close()
Markdown("\n\n".join(spared.explain().splitlines()))

# %%
spared.plot()

# %% [markdown]
# ## Ce qui fait varier le solde

# %%
alt.vconcat(*(analysis.plot() for analysis in spared.analyses))

# %% [markdown]
# ## Coût par droit ouvert de plus
#
# Défini seulement quand l'effet de la rencontre est causal et ne peut être nul ; intervalle de Fieller.

# %%
spared.opening_frame()[["scenario", "programme_cost_eur", "corrected_eur", "status_label", "reason"]
                       ].style.hide(axis="index").format(precision=0, na_rep="–")

# %%
Markdown(spared.cheers.explain())
