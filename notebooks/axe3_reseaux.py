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
# # Axe 3 : réseaux d'acteurs
#
# Densité et ce que le silence laisse inconnu, groupes, acteurs centraux par type. Aucune organisation n'est nommée.

# %%
import altair as alt
from IPython.display import Markdown

from tznr_platform.estimation.interval_chart import interval_chart
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
# ## Densité, entre ses bornes
#
# Point : liens déclarés, ceux dits à une organisation sans réponse étant tenus pour réciproques. Trait : ce que
# serait la densité si les organisations sans réponse n'avaient aucun lien, ou les avaient tous.

# %%
summary = published.execute("""
    select tie_type_code || ' ' || wave_code as label, density, density_low, density_high, sampled_low, sampled_high,
           reciprocity_low, reciprocity_high, degree_centralisation, modularity
    from estimates_network_summary where is_estimated order by tie_type_code, wave_code
""").df()
interval_chart(summary, label="label", value="density", low="density_low", high="density_high", axis="Densité",
               title="Densité, bornes selon les organisations sans réponse", nothing=None)

# %% [markdown]
# L'intervalle de tirage (organisations tirées de nouveau avec remise) est une autre incertitude que ces bornes.

# %%
summary.rename(columns={"label": "Réseaux", "density": "Densité", "sampled_low": "Tirage, de", "sampled_high": "à",
                        "reciprocity_low": "Réciprocité, au moins", "reciprocity_high": "au plus",
                        "degree_centralisation": "Centralisation", "modularity": "Modularité"}
               ).drop(columns=["density_low", "density_high"]).style.hide(axis="index").format(precision=2)

# %% [markdown]
# ## Acteurs centraux, par type d'organisation

# %%
published.execute("""
    select wave_code as "Vague", organisation_type_code as "Type", organisation_count as "Organisations",
           core_count as "Acteurs centraux"
    from estimates_network_cores where tie_type_code = 'orientation' order by all
""").df().style.hide(axis="index")

# %% [markdown]
# ## Réseau et accès : une association, par permutation, jamais un effet

# %%
correlation, p_value, reason = published.execute(
    "select correlation, p_value, reason from estimates_network_access").fetchone()
published.close()
Markdown(reason or f"Corrélation de rang {correlation:.2f}, p = {p_value:.3f} par permutation.")
