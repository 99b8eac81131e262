"""A whole workspace in a few lines, to be changed by tests: every file that people write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from winlab.decide import Decision, decide
from winlab.pitch import Pitch, resolve
from winlab.read import Workspace, read_plan, read_workspace
from winlab.rulebook import compile_rules

AS_OF = date(2026, 12, 1)

FILES: Mapping[str, str] = {
    "winlab.toml": """\
[workspace]
company = "Acme Foams"
as_of = 2026-12-01
plays = "plays"
templates = "starter:templates"
[data]
markets = "markets.csv"
accounts = "accounts.csv"
reps = "reps.csv"
products = "products.csv"
""",
    "markets.csv": """\
id,name,region,industry,growth,share,growth.observed_at
m-fast,Fast County coatings,Gulf,coatings,0.11,0.12,2026-11-01
m-slow,Slow County coatings,Gulf,coatings,0.02,0.40,2026-11-01
m-blank,Blank County coatings,Gulf,coatings,,0.12,
""",
    "accounts.csv": """\
id,name,market,site,industry,application,size,rep,potential,credit_block,kpi_period,kpi.downtime
A-1,Bay Latex,m-fast,Baytown,coatings,latex,medium,ann,100,false,2026,14
A-2,Slow Paints,m-slow,Slowville,coatings,latex,small,ann,50,false,2026,8
A-3,Blocked Paints,m-fast,Blockton,coatings,latex,small,ann,50,true,2026,8
A-4,Blank Paints,m-blank,Blankton,coatings,latex,small,ann,50,false,2026,9
""",
    "reps.csv": """\
id,name,title,phone,email,region,home_base,manager
ann,Ann Bell,Account Manager,+1 555 0101,ann@acme.example,Gulf,Houston,max
max,Max Orr,Sales Manager,+1 555 0102,max@acme.example,Gulf,Houston,
""",
    "products.csv": """\
id,name,unit,list_USD,regions,plant_load,plant_load.observed_at
P-1,P-1,kg,4.60,Gulf,0.95,2026-11-28
""",
    "plays/facts.yaml": """\
market:
  growth: {label: Growth of demand, type: number, unit: fraction a year, domain: '[-0.5..1]', decimals: 3, audience: rep}
  share: {label: Our market share, type: number, unit: fraction, domain: '[0..1]', decimals: 3, audience: rep}
account:
  industry: {label: Industry, type: category, values: [coatings], audience: customer}
  credit_block: {label: Credit block, type: boolean, audience: lab}
product:
  plant_load: {label: Load of our plant, type: number, unit: fraction, domain: '[0..1.2]', decimals: 2, audience: rep, max_age: 7 days}
plan:
  volume_current: {label: Volume today, type: number, unit: t/a, domain: '[0..]', decimals: 1, audience: customer}
  volume_potential: {label: Volume possible, type: number, unit: t/a, domain: '[0..]', decimals: 1, audience: customer}
""",
    "plays/peer-groups.yaml": """\
rules:
  - id: growers
    when: {market.growth: '>= 8%'}
    then: {peer_group: growers, strategy: invest}
  - id: calm
    when: {market.growth: '< 8%'}
    then: {peer_group: calm, strategy: maintain}
else: gap
""",
    "plays/push.yaml": """\
id: push
version: '1'
owner: mia@acme.example
status: live
valid: {from: 2026-01-01, until: 2027-06-30}
thesis: Growing plants need capacity.
for:
  peer_groups: [growers]
  unless: {account.credit_block: 'true'}
offer:
  rules:
    - id: trial
      when: {plan.volume_current: '0'}
      then: {offer: trial, months: '9', steps: trial}
  else: gap
  offers:
    trial: {title: Six-week trial, includes: [trial kit], credited_on_conversion: true}
pricing:
  base:
    '*': {opening: 100, target: 95, rep_limit: 93, manager_limit: 90, floor: 87}
  adjust:
    - {id: big, when: {plan.volume_potential: '>= 100'}, then: {points: '-1'}, why: One route saved.}
    - {id: full, when: {product.plant_load: '> 90%'}, then: {points: '2'}, why: Scarce capacity.}
  levers:
    - {id: days, give: 60 days, range: '[30..60]', unit: days, costs_points: '0.8', get: A year, when: {}}
messages:
  limit: 2
  rules:
    - {id: any, when: {contact.role: 'factory-manager'}, then: {theme: uptime, insight: Grow., proof: [c-1]}}
    - {id: paint, replaces: any, when: {contact.role: 'factory-manager', account.industry: 'coatings'}, then: {theme: uptime, insight: Foam costs batches., proof: [c-1]}}
    - {id: late, when: {contact.role: 'factory-manager'}, then: {theme: dose, insight: Less dose., proof: [c-old]}}
value_model: downtime
steps:
  trial:
    - {step: Trial agreed, owner: customer, days: 14, done_when: Form signed}
    - {step: Trial on the line, owner: both, days: 42, done_when: Six weeks done}
kpi: share of growth
""",
    "plays/keep.yaml": """\
id: keep
version: '1'
owner: mia@acme.example
status: live
valid: {from: 2026-01-01, until: 2027-06-30}
thesis: Little effort.
for: {peer_groups: [calm]}
offer:
  rules:
    - {id: renew, when: {plan.volume_current: '> 0'}, then: {offer: renew, months: '12', steps: renew}}
  offers:
    renew: {title: Renewal, includes: [e-ordering]}
pricing:
  base:
    '*': {opening: 100, target: 98, rep_limit: 97, manager_limit: 95, floor: 93}
messages: {}
value_model: downtime
steps:
  renew: [{step: Renewal signed, owner: customer, days: 14, done_when: Contract signed}]
kpi: margin
""",
    "plays/kpis.yaml": """\
downtime: {label: Unplanned downtime, unit: h/month, decimals: 1, better: lower, about: Hours lost}
""",
    "plays/claims.yaml": """\
- {id: c-1, text: Foam costs 5 hours., source: Survey, date: 2026-05-01, expires: 2027-05-01, owner: li, approver: legal, audience: customer}
- {id: c-old, text: Dose falls., source: Trial, date: 2024-05-01, expires: 2025-05-01, owner: li, approver: legal, audience: customer}
""",
    "plays/references.yaml": """\
- {id: r-1, account: A-9, name: Port Polymers, industry: coatings, application: latex, size: medium, region: Gulf, headline: Stops halved, result: Stops fell from 11 to 5 hours., source: Report, date: 2026-05-09, permission_until: 2027-06-30, owner: mia}
""",
    "plays/industries/coatings.yaml": """\
id: coatings
label: Coatings
owner: mia
reviewed: 2026-10-01
vocabulary: {plant: latex plant, plants: latex plants, line: reactor line, stop: foam-over, stops: foam-overs, batch: batch, output: latex, trouble: foam, operator: shift lead}
kpis: [downtime]
costs: {downtime: lost hours}
patterns: []
problem: [Foam stops lines.]
requirements: []
assumptions: {line_hour: 1000}
assumptions_source: Survey 2026
""",
    "plays/products/P-1.yaml": """\
id: P-1
name: P-1
nature: antifoam
does: breaks foam
owner: li
reviewed: 2026-10-01
industries: [coatings]
dose: {kg_t: 1.3}
changes: One pump.
unchanged: The film.
mechanism_title: It breaks bubbles
mechanism: []
compatible: []
not_for: []
typical: []
regulatory: []
trial: {success: [fewer stops], stop: [a defect], protocol: []}
""",
    "plays/values/downtime.yaml": """\
id: downtime
version: '1'
owner: mia
label: Cost of lost hours
axis: Yearly cost
start_label: Cost today
end_label: Cost afterwards
net_label: Net
headline: saving
inputs:
  hours: {kpi: downtime, label: Downtime, unit: h/month}
  hour: {assumption: line_hour, label: Value of an hour, unit: USD/h}
start: hours * 12 * hour
steps:
  - {id: cut, label: Downtime cut, amount: 0 - hours * 6 * hour, basis: half of the hours}
""",
    "plans/bay.yaml": """\
plan: bay
rep: ann
account: A-1
site: Baytown
meeting: 2027-01-14
contacts:
  - {name: Maria Diaz, title: Plant Manager, role: factory-manager, buying: economic, influence: high, stance: supporter}
objective: {action: Approve a trial, by: 2027-02-15}
why_now: {event: Line 2 is rebuilt in June, source: Maria, date: 2026-11-03}
pains:
  - {words: We lose a shift a month., by: Maria Diaz, date: 2026-11-03}
baseline:
  - {kpi: downtime, value: 14, unit: h/month, period: '2026', source: site visit, confirmed: true}
products:
  - id: P-1
    volume: {current: 0, potential: 80, unit: t/a}
    price: {offered: '4.45', per: kg}
terms: {basis: delivered, payment_days: 60, months: 9}
alternatives:
  - {name: Solvane, incumbent: true, price: '4.10', per: kg, source: Bill, date: 2026-10-20}
packs: [factory-manager]
""",
}


def write(folder: Path, changes: Mapping[str, tuple[str, str]] | None = None) -> Path:
    """Lays the workspace down; ``changes`` replaces a text that must stand in a file."""
    for name, text in FILES.items():
        old, new = (changes or {}).get(name, ("", ""))
        assert old in text, f"{old!r} is not in {name}"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new) if old else text)
    return folder


def workspace(folder: Path, changes: Mapping[str, tuple[str, str]] | None = None) -> Workspace:
    return read_workspace(write(folder, changes))


def pitch(folder: Path, changes: Mapping[str, tuple[str, str]] | None = None) -> Pitch:
    found = workspace(folder, changes)
    return resolve(read_plan(folder / "plans/bay.yaml", folder), found, AS_OF)


def decision(
    folder: Path,
    changes: Mapping[str, tuple[str, str]] | None = None,
    as_of: date = AS_OF,
) -> Decision:
    return decided(write(folder, changes), as_of)


def decided(folder: Path, as_of: date = AS_OF) -> Decision:
    """The decision for the plan of a workspace that lies there."""
    found = read_workspace(folder)
    source = read_plan(folder / "plans/bay.yaml", folder)
    return decide(resolve(source, found, as_of), found, compile_rules(found), as_of)
