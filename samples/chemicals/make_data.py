"""Writes the sample company's tables: markets, accounts, reps, products, purchases.

All of it is fictional: Meridian Specialty Chemicals, its customers, people, prices and figures
are invented, and telephone numbers lie in the range kept for fiction (555-01xx). Only the names
of counties and towns are real, so that maps and distances make sense.

Seeded and free of the clock: a second run writes the same bytes. Needs the standard library only.

    python samples/chemicals/make_data.py
"""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20261201
AS_OF = date(2026, 12, 1)
ACCOUNTS = 400

REGION = {
    "Gulf": ("TX", "LA"),
    "Southeast": ("NC", "SC", "GA", "FL", "AL"),
    "Northeast": ("NJ", "PA", "NY", "ME"),
    "Great Lakes": ("OH", "IL", "IN", "WI"),
    "Plains": ("MO", "KS", "OK", "NE", "MN", "ND"),
    "Mountain": ("CO", "AZ", "UT", "ID", "MT", "NM", "WY"),
    "West": ("CA", "WA", "OR"),
}
SUFFIX = {
    "coatings": "paints-coatings",
    "plastics": "plastics",
    "water": "water-treatment",
    "food": "food-processing",
    "paper": "pulp-paper",
    "oil": "oil-gas",
}

# id: peer group aimed at, county, towns. The group follows from the figures; see `market_row`.
MARKETS = {
    "tx-harris-coatings": ("hot-spots", "Harris", ["Baytown", "Pasadena", "La Porte"]),
    "nc-mecklenburg-coatings": ("hot-spots", "Mecklenburg", ["Charlotte", "Pineville"]),
    "oh-summit-coatings": ("contested-growth", "Summit", ["Akron", "Barberton"]),
    "ca-los-angeles-coatings": ("contested-growth", "Los Angeles", ["Vernon", "Carson"]),
    "tx-jefferson-coatings": ("strongholds-attacked", "Jefferson", ["Port Arthur", "Beaumont"]),
    "il-cook-coatings": ("strongholds-attacked", "Cook", ["Calumet City", "Chicago Heights"]),
    "nj-middlesex-coatings": ("strongholds-attacked", "Middlesex", ["Perth Amboy", "Carteret"]),
    "ga-fulton-coatings": ("steady", "Fulton", ["Union City", "Atlanta"]),
    "mo-st-louis-coatings": ("steady", "St. Louis", ["Hazelwood", "Maryland Heights"]),
    "pa-berks-coatings": ("steady", "Berks", ["Reading", "Hamburg"]),
    "wa-pierce-coatings": ("quiet", "Pierce", ["Tacoma", "Sumner"]),
    "co-adams-coatings": ("quiet", "Adams", ["Commerce City", "Brighton"]),
    "az-maricopa-plastics": ("hot-spots", "Maricopa", ["Chandler", "Tolleson"]),
    "tx-williamson-plastics": ("hot-spots", "Williamson", ["Georgetown", "Taylor"]),
    "nc-iredell-plastics": ("contested-growth", "Iredell", ["Statesville", "Mooresville"]),
    "sc-spartanburg-plastics": ("contested-growth", "Spartanburg", ["Spartanburg", "Greer"]),
    "ut-weber-plastics": ("contested-growth", "Weber", ["Ogden", "Roy"]),
    "tx-victoria-plastics": ("strongholds-attacked", "Victoria", ["Victoria", "Bloomington"]),
    "oh-licking-plastics": ("strongholds-attacked", "Licking", ["Newark", "Heath"]),
    "tx-orange-plastics": ("steady", "Orange", ["Orange", "Vidor"]),
    "in-elkhart-plastics": ("steady", "Elkhart", ["Elkhart", "Goshen"]),
    "wi-brown-plastics": ("steady", "Brown", ["Green Bay", "De Pere"]),
    "ny-monroe-plastics": ("quiet", "Monroe", ["Rochester", "Brockport"]),
    "ks-sedgwick-plastics": ("quiet", "Sedgwick", ["Wichita", "Derby"]),
    "tx-collin-water": ("hot-spots", "Collin", ["McKinney", "Wylie"]),
    "fl-polk-water": ("hot-spots", "Polk", ["Lakeland", "Bartow"]),
    "tx-denton-water": ("contested-growth", "Denton", ["Denton", "Lewisville"]),
    "nc-wake-water": ("contested-growth", "Wake", ["Raleigh", "Apex"]),
    "oh-lucas-water": ("strongholds-attacked", "Lucas", ["Toledo", "Oregon"]),
    "ca-sacramento-water": ("strongholds-attacked", "Sacramento", ["Elk Grove", "Folsom"]),
    "mo-jackson-water": ("strongholds-attacked", "Jackson", ["Independence", "Blue Springs"]),
    "az-maricopa-water": ("steady", "Maricopa", ["Goodyear", "Mesa"]),
    "ok-tulsa-water": ("steady", "Tulsa", ["Tulsa", "Bixby"]),
    "ga-cobb-water": ("steady", "Cobb", ["Marietta", "Austell"]),
    "pa-erie-water": ("quiet", "Erie", ["Erie", "Corry"]),
    "mt-yellowstone-water": ("quiet", "Yellowstone", ["Billings", "Laurel"]),
    "id-canyon-food": ("hot-spots", "Canyon", ["Nampa", "Caldwell"]),
    "ne-buffalo-food": ("hot-spots", "Buffalo", ["Kearney", "Gibbon"]),
    "ca-tulare-food": ("contested-growth", "Tulare", ["Tulare", "Visalia"]),
    "wi-portage-food": ("contested-growth", "Portage", ["Plover", "Stevens Point"]),
    "id-bingham-food": ("strongholds-attacked", "Bingham", ["Blackfoot", "Aberdeen"]),
    "mn-polk-food": ("strongholds-attacked", "Polk", ["Crookston", "East Grand Forks"]),
    "ca-fresno-food": ("steady", "Fresno", ["Fresno", "Sanger"]),
    "ny-wayne-food": ("steady", "Wayne", ["Lyons", "Sodus"]),
    "tx-hidalgo-food": ("steady", "Hidalgo", ["Edinburg", "McAllen"]),
    "me-aroostook-food": ("quiet", "Aroostook", ["Presque Isle", "Easton"]),
    "fl-hendry-food": ("quiet", "Hendry", ["Clewiston", "LaBelle"]),
    "wa-grant-food": ("keyed-in-percent", "Grant", ["Moses Lake", "Quincy"]),
    "wi-outagamie-paper": ("hot-spots", "Outagamie", ["Appleton", "Kaukauna"]),
    "ga-laurens-paper": ("hot-spots", "Laurens", ["Dublin", "East Dublin"]),
    "tx-gregg-paper": ("contested-growth", "Gregg", ["Longview", "Kilgore"]),
    "or-linn-paper": ("contested-growth", "Linn", ["Albany", "Halsey"]),
    "me-penobscot-paper": ("strongholds-attacked", "Penobscot", ["Old Town", "Lincoln"]),
    "ga-chatham-paper": ("strongholds-attacked", "Chatham", ["Savannah", "Port Wentworth"]),
    "wa-cowlitz-paper": ("strongholds-attacked", "Cowlitz", ["Longview", "Kelso"]),
    "al-mobile-paper": ("steady", "Mobile", ["Mobile", "Saraland"]),
    "ny-warren-paper": ("steady", "Warren", ["Glens Falls", "Warrensburg"]),
    "mn-itasca-paper": ("steady", "Itasca", ["Grand Rapids", "Cohasset"]),
    "id-nez-perce-paper": ("quiet", "Nez Perce", ["Lewiston", "Lapwai"]),
    "nm-lea-oil": ("hot-spots", "Lea", ["Hobbs", "Lovington"]),
    "nd-mckenzie-oil": ("hot-spots", "McKenzie", ["Watford City", "Alexander"]),
    "tx-reeves-oil": ("contested-growth", "Reeves", ["Pecos", "Toyah"]),
    "co-weld-oil": ("contested-growth", "Weld", ["Greeley", "Platteville"]),
    "ca-kern-oil": ("strongholds-attacked", "Kern", ["Bakersfield", "Taft"]),
    "tx-midland-oil": ("strongholds-attacked", "Midland", ["Midland", "Greenwood"]),
    "ok-payne-oil": ("steady", "Payne", ["Cushing", "Stillwater"]),
    "la-lafourche-oil": ("steady", "Lafourche", ["Thibodaux", "Golden Meadow"]),
    "wy-campbell-oil": ("steady", "Campbell", ["Gillette", "Wright"]),
    "ut-duchesne-oil": ("quiet", "Duchesne", ["Roosevelt", "Duchesne"]),
    "pa-washington-oil": ("quiet", "Washington", ["Canonsburg", "Washington"]),
}

# Growth from, to; share from, to; intensities. Chosen inside the peer-group table's cells.
GROUPS = {
    "hot-spots": ((0.081, 0.142), (0.100, 0.149), ("low", "medium", "medium")),
    "contested-growth": ((0.080, 0.128), (0.100, 0.149), ("high",)),
    "strongholds-attacked": ((-0.010, 0.060), (0.200, 0.600), ("high",)),
    "steady": ((-0.015, 0.055), (0.155, 0.420), ("low", "medium")),
    "quiet": ((-0.030, 0.045), (0.100, 0.149), ("low", "medium", "high")),
    # A real slip, kept on purpose: growth was keyed in as 12.5 (percent) instead of 0.125.
    "keyed-in-percent": ((12.5, 12.5), (0.118, 0.118), ("medium",)),
}

DRIVERS = {
    "paints-coatings": {
        "hot-spots": "New waterborne capacity for housing and road marking",
        "contested-growth": "Conversion of industrial coatings from solvent to water",
        "strongholds-attacked": "Contract polymerization for the large paint brands",
        "steady": "Repainting of the existing housing stock",
        "quiet": "Maintenance coatings for ports and warehouses",
    },
    "plastics": {
        "hot-spots": "Stretch film for new distribution centers",
        "contested-growth": "Thinner packaging film on faster lines",
        "strongholds-attacked": "Pressure pipe for water and gas networks",
        "steady": "Sheet for recreational vehicles and trailers",
        "quiet": "Replacement demand for agricultural film",
    },
    "water-treatment": {
        "hot-spots": "Population growth ahead of new treatment capacity",
        "contested-growth": "New connections and tighter nutrient limits",
        "strongholds-attacked": "Regional sludge contracts put out to tender",
        "steady": "Reclaimed water for irrigation and industry",
        "quiet": "Stable population and existing plants",
    },
    "food-processing": {
        "hot-spots": "New frozen-potato lines near the fields",
        "contested-growth": "Longer processing seasons and export demand",
        "strongholds-attacked": "Large campaigns of sugar beet and potato",
        "steady": "Juice and vegetable lines at settled volume",
        "quiet": "Replacement of old washing lines",
        "keyed-in-percent": "New frozen-vegetable lines with river water",
    },
    "pulp-paper": {
        "hot-spots": "Tissue and board from recovered fiber",
        "contested-growth": "Machines rebuilt from fine paper to packaging",
        "strongholds-attacked": "Kraft and board for packaging in bulk",
        "steady": "Specialty grades with long product lives",
        "quiet": "Bleached board at settled volume",
    },
    "oil-gas": {
        "hot-spots": "New wells tied in to existing separation trains",
        "contested-growth": "Infill drilling and higher water cuts",
        "strongholds-attacked": "Heavy crude with rising water cut",
        "steady": "Storage hubs and mature leases",
        "quiet": "Waxy crude from mature wells",
    },
}

# Medians by industry: KPIs, potential of a medium site in t/a, price paid today in USD/kg.
TYPICAL = {
    "paints-coatings": {
        "unplanned_downtime": 7.5,
        "off_spec_batches": 1.7,
        "additive_dose": 1.25,
        "cleanings": 2,
        "line_hour_value": 1900,
        "batches_year": 3200,
        "off_spec_batch_cost": 1350,
        "potential": 60,
        "price": 4.10,
    },
    "plastics": {
        "unplanned_downtime": 6.0,
        "off_spec_batches": 2.2,
        "additive_dose": 1.00,
        "energy": 310,
        "line_hour_value": 950,
        "batches_year": 5200,
        "off_spec_batch_cost": 620,
        "potential": 34,
        "price": 10.40,
    },
    "water-treatment": {
        "unplanned_downtime": 16.0,
        "off_spec_batches": 4.5,
        "additive_dose": 9.50,
        "sludge_loads": 46,
        "line_hour_value": 420,
        "batches_year": 1100,
        "off_spec_batch_cost": 480,
        "potential": 46,
        "price": 3.10,
    },
    "food-processing": {
        "unplanned_downtime": 9.0,
        "off_spec_batches": 1.4,
        "additive_dose": 0.36,
        "water_use": 4.2,
        "line_hour_value": 2600,
        "batches_year": 2400,
        "off_spec_batch_cost": 1900,
        "potential": 58,
        "price": 5.30,
    },
    "pulp-paper": {
        "unplanned_downtime": 11.0,
        "off_spec_batches": 2.8,
        "additive_dose": 0.92,
        "cleanings": 3,
        "line_hour_value": 5200,
        "batches_year": 7800,
        "off_spec_batch_cost": 640,
        "potential": 150,
        "price": 2.60,
    },
    "oil-gas": {
        "unplanned_downtime": 10.0,
        "off_spec_batches": 3.4,
        "additive_dose": 0.19,
        "energy": 28,
        "line_hour_value": 3400,
        "batches_year": 1300,
        "off_spec_batch_cost": 1600,
        "potential": 84,
        "price": 4.70,
    },
}
DECIMALS = {"unplanned_downtime": 1, "off_spec_batches": 1, "additive_dose": 2, "water_use": 1}
SIZE = {"small": 0.45, "medium": 1.0, "large": 1.9}
KPIS = (
    "unplanned_downtime",
    "off_spec_batches",
    "additive_dose",
    "cleanings",
    "sludge_loads",
    "water_use",
    "energy",
    "handling_hours",
    "stock_days",
    "line_hour_value",
    "batches_year",
    "off_spec_batch_cost",
    "additive_spend",
)
# The eleven peers of ACC-0042: latex and coatings plants in the hot spots.
HOT_COATINGS = {
    "unplanned_downtime": [4.9, 5.6, 6.1, 6.6, 7.0, 7.5, 8.0, 8.6, 9.2, 10.1, 11.3],
    "off_spec_batches": [0.9, 1.1, 1.3, 1.4, 1.6, 1.7, 1.9, 2.1, 2.3, 2.5, 2.8],
    "additive_dose": [0.92, 1.02, 1.10, 1.16, 1.21, 1.25, 1.29, 1.34, 1.42, 1.55, 1.68],
    "cleanings": [1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4],
}
APPLICATIONS = {
    "paints-coatings": [
        "Styrene-acrylic latex",
        "Vinyl-acrylic latex",
        "Pure acrylic latex",
        "Styrene-butadiene latex",
    ],
    "plastics": ["Blown film", "Cast film", "Pipe extrusion", "Sheet extrusion"],
    "water-treatment": [
        "Municipal sludge dewatering",
        "Industrial effluent",
        "Digested sludge dewatering",
    ],
    "food-processing": [
        "Potato processing",
        "Vegetable washing",
        "Juice processing",
        "Sugar-beet washing",
    ],
    "pulp-paper": ["Recycled board", "Tissue", "Kraft linerboard", "Specialty paper"],
    "oil-gas": [
        "Heavy crude treating",
        "Light crude separation",
        "Crude storage",
        "Produced-water treatment",
    ],
}
NOUNS = {
    "paints-coatings": ["Latex", "Emulsions", "Coatings", "Polymers", "Resins", "Dispersions"],
    "plastics": ["Films", "Extrusion", "Packaging", "Pipe", "Sheet Works", "Converters"],
    "water-treatment": [
        "Water District",
        "Sanitation District",
        "Utilities",
        "Reclamation",
        "Sewer Authority",
        "Waterworks",
    ],
    "food-processing": ["Foods", "Growers", "Potato Company", "Packing", "Juice", "Produce"],
    "pulp-paper": ["Paperboard", "Tissue", "Mill Company", "Fiber", "Linerboard", "Papers"],
    "oil-gas": ["Operating", "Petroleum", "Gathering", "Energy Partners", "Treating", "Resources"],
}
PREFIXES = [
    "Alder Point",
    "Amber Ridge",
    "Antelope Flat",
    "Arrow Creek",
    "Ashgrove",
    "Badger Hollow",
    "Barlow",
    "Bayard",
    "Beacon Hill",
    "Bellweather",
    "Birch Run",
    "Black Oak",
    "Blue Heron",
    "Bluestem",
    "Bracken",
    "Bridger",
    "Broadmoor",
    "Buckhorn",
    "Burnt Fork",
    "Cardinal Point",
    "Cedar Bluff",
    "Chestnut Grove",
    "Clearfork",
    "Cobblestone",
    "Copper Basin",
    "Cottonwood",
    "Coyote Wash",
    "Crane Lake",
    "Crescent",
    "Cutbank",
    "Deepwater",
    "Dogwood",
    "Driftwood",
    "Dunmore",
    "Eagle Bend",
    "Eastgate",
    "Elkhorn",
    "Fairhaven",
    "Falcon Crest",
    "Fern Hollow",
    "Flint Hills",
    "Foxglove",
    "Garnet",
    "Glenrock",
    "Goldenrod",
    "Granite Falls",
    "Greenbrier",
    "Halcyon",
    "Harrow",
    "Hawthorn",
    "Hickory Bend",
    "Highline",
    "Holloway",
    "Indigo",
    "Ironwood",
    "Juniper",
    "Kestrel",
    "Kingfisher",
    "Lakemont",
    "Larkspur",
    "Limestone",
    "Lodgepole",
    "Lonetree",
    "Madrone",
    "Magnolia Bend",
    "Mallard",
    "Maple Fork",
    "Marigold",
    "Meadowlark",
    "Mesquite",
    "Millrace",
    "Monarch",
    "Mossy Creek",
    "Northfork",
    "Oakhurst",
    "Osprey",
    "Overlook",
    "Palmetto",
    "Pelican",
    "Pinecrest",
    "Pinyon",
    "Prairie Rose",
    "Quarry Hill",
    "Quail Run",
    "Redstone",
    "Ridgeway",
    "Rimrock",
    "Rosewood",
    "Sagebrush",
    "Sandhill",
    "Sassafras",
    "Silverton",
    "Spruce Fork",
    "Starling",
    "Stonebridge",
    "Summit Ridge",
    "Sunfield",
    "Sycamore",
    "Tallgrass",
    "Tamarack",
    "Thistle",
    "Timberline",
    "Trillium",
    "Turnstone",
    "Two Rivers",
    "Verdant",
    "Walnut Bend",
    "Westbrook",
    "Whitewater",
    "Willow Bend",
    "Windrow",
    "Wolf Creek",
    "Yarrow",
]
FIRST = [
    "Aaron",
    "Alicia",
    "Ben",
    "Carla",
    "Carlos",
    "Denise",
    "Derek",
    "Elena",
    "Frank",
    "Grace",
    "Hector",
    "Irene",
    "James",
    "Janet",
    "Karen",
    "Keith",
    "Laura",
    "Luis",
    "Marcus",
    "Monica",
    "Neil",
    "Olga",
    "Paul",
    "Priya",
    "Rosa",
    "Sam",
    "Sheila",
    "Terry",
    "Victor",
    "Wendy",
]
LAST = [
    "Abbott",
    "Barrera",
    "Boyd",
    "Castillo",
    "Chen",
    "Cole",
    "Dawson",
    "Diaz",
    "Ellison",
    "Fowler",
    "Garza",
    "Hale",
    "Hoang",
    "Ingram",
    "Jensen",
    "Kerr",
    "Lang",
    "Lopez",
    "Mercer",
    "Nash",
    "Nguyen",
    "Ortega",
    "Pruitt",
    "Quinn",
    "Ramos",
    "Sloan",
    "Tate",
    "Underhill",
    "Vance",
    "Weaver",
    "Yates",
    "Zamora",
]
TITLES = {
    "factory-manager": "Plant Manager",
    "rnd-manager": "Technical Manager",
    "procurement": "Purchasing Manager",
}

# Region: manager first, then account managers: id, name, home base, area code.
REPS = {
    "Gulf": [
        ("areyes", "Anna Reyes", "Houston", 713),
        ("dwhitfield", "Dana Whitfield", "Baytown", 281),
        ("jtrahan", "Joel Trahan", "Beaumont", 409),
        ("mcantu", "Melissa Cantu", "Austin", 512),
        ("rhaskell", "Roy Haskell", "Midland", 432),
        ("pnguyen", "Pauline Nguyen", "Plano", 214),
    ],
    "Southeast": [
        ("tgaines", "Theo Gaines", "Atlanta", 404),
        ("lbeaufort", "Lena Beaufort", "Charlotte", 704),
        ("kmoss", "Kendra Moss", "Greenville", 864),
        ("cpruitt", "Cal Pruitt", "Savannah", 912),
        ("sdelaney", "Sara Delaney", "Tampa", 813),
        ("wtate", "Wade Tate", "Mobile", 251),
    ],
    "Northeast": [
        ("hkaplan", "Helen Kaplan", "Newark", 973),
        ("emarino", "Ed Marino", "Edison", 732),
        ("jlibby", "June Libby", "Bangor", 207),
        ("rstoltz", "Ray Stoltz", "Reading", 610),
        ("mokeefe", "Maura O'Keefe", "Rochester", 585),
        ("dcrane", "Doug Crane", "Albany", 518),
    ],
    "Great Lakes": [
        ("bkowalski", "Beth Kowalski", "Chicago", 312),
        ("nzeller", "Nick Zeller", "Akron", 330),
        ("avandyke", "Amy VanDyke", "Elkhart", 574),
        ("psimmons", "Pete Simmons", "Appleton", 920),
        ("lhartman", "Lou Hartman", "Toledo", 419),
        ("gmazur", "Gina Mazur", "Calumet City", 708),
    ],
    "Plains": [
        ("twebb", "Tom Webb", "Kansas City", 816),
        ("jlindqvist", "Jan Lindqvist", "Duluth", 218),
        ("creeder", "Cody Reeder", "Tulsa", 918),
        ("mhuber", "Marla Huber", "Wichita", 316),
        ("kolson", "Kari Olson", "Williston", 701),
        ("dprice", "Darrell Price", "Kearney", 308),
    ],
    "Mountain": [
        ("rsandoval", "Rita Sandoval", "Denver", 303),
        ("bcall", "Brett Call", "Ogden", 801),
        ("lbegay", "Lorraine Begay", "Phoenix", 602),
        ("ckimball", "Chase Kimball", "Boise", 208),
        ("sromero", "Steve Romero", "Hobbs", 575),
        ("ahauge", "Andrea Hauge", "Billings", 406),
    ],
    "West": [
        ("ytanaka", "Yuki Tanaka", "Sacramento", 916),
        ("dserrano", "Diego Serrano", "Fresno", 559),
        ("mlowell", "Mark Lowell", "Tacoma", 253),
        ("kbautista", "Kim Bautista", "Carson", 310),
        ("rfields", "Renee Fields", "Bakersfield", 661),
        ("eholm", "Erik Holm", "Albany", 541),
    ],
}

# id, name, unit, USD, EUR, regions left out, load of our plant, day of that figure
PRODUCTS = [
    ("DF-310", "DF-310", 4.60, 4.28, (), 0.86, "2026-11-28"),
    ("DF-310-FG", "DF-310-FG", 5.90, 5.49, (), 0.82, "2026-11-28"),
    ("PA-540", "PA-540", 11.20, 10.42, (), 0.71, "2026-11-29"),
    ("FL-720", "FL-720", 3.40, 3.16, (), 0.93, "2026-11-29"),
    ("PC-450", "PC-450", 2.85, 2.65, (), 0.78, "2026-11-30"),
    ("DM-880", "DM-880", 5.20, 4.84, ("Northeast",), 0.88, "2026-11-30"),
    # The figure is two weeks old, so it counts as missing (facts.yaml: max_age 7 days).
    ("DM-885", "DM-885", 6.10, 5.68, ("Gulf", "Southeast", "West"), 0.95, "2026-11-17"),
]
MAIN_PRODUCT = {
    "paints-coatings": "DF-310",
    "plastics": "PA-540",
    "water-treatment": "FL-720",
    "food-processing": "DF-310-FG",
    "pulp-paper": "PC-450",
    "oil-gas": "DM-880",
}

# Accounts that pitch plans and references speak of. `buys` is t of the main product in 2026.
PINNED: dict[str, dict[str, object]] = {
    "ACC-0042": {
        "name": "Gulf Coast Latex",
        "market": "tx-harris-coatings",
        "site": "Baytown",
        "application": "Styrene-acrylic latex",
        "size": "large",
        "rep": "dwhitfield",
        "contact": "Maria Delgado",
        "contact_title": "Plant Manager",
        "contact_role": "factory-manager",
        "satisfaction": 66,
        "potential": 125,
        "buys": 0,
        "kpi.unplanned_downtime": 14.0,
        "kpi.off_spec_batches": 3.2,
        "kpi.additive_dose": 1.90,
        "kpi.cleanings": 4,
        "kpi.handling_hours": 38,
        "kpi.stock_days": 41,
        "kpi.line_hour_value": 2128,
        "kpi.batches_year": 3400,
        "kpi.off_spec_batch_cost": 1480,
        "kpi.additive_spend": 545000,
    },
    "ACC-0061": {
        "name": "Brushy Fork Films",
        "market": "nc-iredell-plastics",
        "site": "Statesville",
        "application": "Blown film",
        "size": "medium",
        "rep": "lbeaufort",
        "contact": "Carol Jessup",
        "contact_title": "Plant Manager",
        "contact_role": "factory-manager",
        "satisfaction": 71,
        "potential": 36,
        "buys": 0,
        "kpi.unplanned_downtime": 11.0,
        "kpi.off_spec_batches": 3.9,
        "kpi.additive_dose": 1.30,
        "kpi.energy": 352,
        "kpi.line_hour_value": 1040,
        "kpi.batches_year": 5600,
        "kpi.off_spec_batch_cost": 640,
        "kpi.additive_spend": 418000,
    },
    "ACC-0077": {
        "name": "Trans-Pecos Crude Partners",
        "market": "tx-reeves-oil",
        "site": "Pecos",
        "application": "Light crude separation",
        "size": "medium",
        "rep": "rhaskell",
        "contact": "Lyle Brandt",
        "contact_title": "Field Operations Manager",
        "contact_role": "factory-manager",
        "satisfaction": 74,
        "potential": 90,
        "buys": 18,
        "kpi.unplanned_downtime": 17.0,
        "kpi.off_spec_batches": 5.8,
        "kpi.additive_dose": 0.27,
        "kpi.energy": 34,
        "kpi.line_hour_value": 3550,
        "kpi.batches_year": 1420,
        "kpi.off_spec_batch_cost": 1750,
        "kpi.additive_spend": 486000,
    },
    "ACC-0090": {
        "name": "Agua Fria Reclamation District",
        "market": "az-maricopa-water",
        "site": "Goodyear",
        "application": "Municipal sludge dewatering",
        "size": "large",
        "rep": "lbegay",
        "contact": "Ellen Yazzie",
        "contact_title": "Plant Superintendent",
        "contact_role": "factory-manager",
        "satisfaction": 84,
        "potential": 70,
        "buys": 52,
        "kpi.unplanned_downtime": 19.0,
        "kpi.off_spec_batches": 5.6,
        "kpi.additive_dose": 9.80,
        "kpi.sludge_loads": 58,
        "kpi.handling_hours": 62,
        "kpi.stock_days": 74,
        "kpi.line_hour_value": 430,
        "kpi.batches_year": 1250,
        "kpi.off_spec_batch_cost": 510,
        "kpi.additive_spend": 174000,
    },
    "ACC-0103": {
        "name": "Wolf River Tissue",
        "market": "wi-outagamie-paper",
        "site": "Appleton",
        "application": "Tissue",
        "size": "medium",
        "rep": "psimmons",
        "contact": "Greg Novotny",
        "contact_title": "Mill Manager",
        "contact_role": "factory-manager",
        "satisfaction": 69,
        "potential": 120,
        "buys": 0,
        "kpi.unplanned_downtime": 18.5,
        "kpi.off_spec_batches": 4.4,
        "kpi.additive_dose": 1.20,
        "kpi.cleanings": 5,
        "kpi.line_hour_value": 4850,
        "kpi.batches_year": 7200,
        "kpi.off_spec_batch_cost": 610,
        "kpi.additive_spend": 342000,
    },
    "ACC-0118": {
        "name": "Commencement Latex",
        "market": "wa-pierce-coatings",
        "site": "Tacoma",
        "application": "Vinyl-acrylic latex",
        "size": "medium",
        "rep": "mlowell",
        "contact": "Sonia Ferrell",
        "contact_title": "Plant Manager",
        "contact_role": "factory-manager",
        "satisfaction": 81,
        "potential": 55,
        "buys": 44,
        "kpi.unplanned_downtime": 9.5,
        "kpi.off_spec_batches": 2.6,
        "kpi.additive_dose": 1.40,
        "kpi.cleanings": 2,
        "kpi.handling_hours": 55,
        "kpi.stock_days": 63,
        "kpi.line_hour_value": 1760,
        "kpi.batches_year": 2900,
        "kpi.off_spec_batch_cost": 1290,
        "kpi.additive_spend": 198000,
    },
    "ACC-0131": {
        "name": "Passadumkeag Fiber",
        "market": "me-penobscot-paper",
        "site": "Old Town",
        "application": "Kraft linerboard",
        "size": "large",
        "rep": "jlibby",
        "contact": "Dale Thibodeau",
        "contact_title": "Mill Manager",
        "contact_role": "factory-manager",
        "satisfaction": 77,
        "under_attack": "true",
        "potential": 190,
        "buys": 160,
        "kpi.unplanned_downtime": 12.5,
        "kpi.off_spec_batches": 2.4,
        "kpi.additive_dose": 0.80,
        "kpi.cleanings": 2,
        "kpi.line_hour_value": 5600,
        "kpi.batches_year": 8100,
        "kpi.off_spec_batch_cost": 690,
        "kpi.additive_spend": 448000,
    },
    "ACC-0146": {
        "name": "Lavaca Pipe Systems",
        "market": "tx-victoria-plastics",
        "site": "Victoria",
        "application": "Pipe extrusion",
        "size": "large",
        "rep": "mcantu",
        "contact": "Raymond Kolar",
        "contact_title": "Operations Manager",
        "contact_role": "factory-manager",
        "satisfaction": 73,
        "under_attack": "true",
        "potential": 60,
        "buys": 48,
        "kpi.unplanned_downtime": 6.0,
        "kpi.off_spec_batches": 1.9,
        "kpi.additive_dose": 0.85,
        "kpi.energy": 290,
        "kpi.line_hour_value": 1120,
        "kpi.batches_year": 6100,
        "kpi.off_spec_batch_cost": 680,
        "kpi.additive_spend": 528000,
    },
    "ACC-0159": {
        "name": "Kings Canyon Juice",
        "market": "ca-fresno-food",
        "site": "Sanger",
        "application": "Juice processing",
        "size": "medium",
        "rep": "dserrano",
        "contact": "Alma Pacheco",
        "contact_title": "Plant Manager",
        "contact_role": "factory-manager",
        "satisfaction": 86,
        "potential": 50,
        "buys": 41,
        "kpi.unplanned_downtime": 10.5,
        "kpi.off_spec_batches": 2.1,
        "kpi.additive_dose": 0.33,
        "kpi.water_use": 4.4,
        "kpi.handling_hours": 58,
        "kpi.stock_days": 69,
        "kpi.line_hour_value": 2450,
        "kpi.batches_year": 2200,
        "kpi.off_spec_batch_cost": 1820,
        "kpi.additive_spend": 236000,
    },
    "ACC-0172": {
        "name": "Strawberry Basin Gathering",
        "market": "ut-duchesne-oil",
        "site": "Roosevelt",
        "application": "Heavy crude treating",
        "size": "medium",
        "rep": "bcall",
        "contact": "Kirk Rasmussen",
        "contact_title": "Facilities Superintendent",
        "contact_role": "factory-manager",
        "satisfaction": 79,
        "under_attack": "true",
        "potential": 75,
        "buys": 61,
        "kpi.unplanned_downtime": 8.5,
        "kpi.off_spec_batches": 2.9,
        "kpi.additive_dose": 0.17,
        "kpi.energy": 36,
        "kpi.line_hour_value": 3150,
        "kpi.batches_year": 1180,
        "kpi.off_spec_batch_cost": 1640,
        "kpi.additive_spend": 312000,
    },
    "ACC-0188": {
        "name": "Hickory Creek Utilities",
        "market": "tx-denton-water",
        "site": "Denton",
        "application": "Digested sludge dewatering",
        "size": "medium",
        "rep": "pnguyen",
        "contact": "Yvonne Strickland",
        "contact_title": "Operations Superintendent",
        "contact_role": "factory-manager",
        "satisfaction": 78,
        "under_attack": "true",
        "potential": 48,
        "buys": 24,
        "kpi.unplanned_downtime": 21.0,
        "kpi.off_spec_batches": 5.1,
        "kpi.additive_dose": 10.60,
        "kpi.sludge_loads": 52,
        "kpi.line_hour_value": 410,
        "kpi.batches_year": 1150,
        "kpi.off_spec_batch_cost": 470,
        "kpi.additive_spend": 151000,
    },
    "ACC-0201": {
        "name": "Portage Lakes Coatings",
        "market": "oh-summit-coatings",
        "site": "Barberton",
        "application": "Pure acrylic latex",
        "size": "medium",
        "rep": "nzeller",
        "contact": "Rob Tischler",
        "contact_title": "Plant Manager",
        "contact_role": "factory-manager",
        "satisfaction": 64,
        "potential": 58,
        "buys": 0,
        "kpi.unplanned_downtime": 10.5,
        "kpi.off_spec_batches": 2.4,
        "kpi.additive_dose": 1.55,
        "kpi.cleanings": 3,
    },
    "ACC-0214": {
        "name": "Christiana Creek Sheet",
        "market": "in-elkhart-plastics",
        "site": "Elkhart",
        "application": "Sheet extrusion",
        "size": "medium",
        "rep": "avandyke",
        "contact": "Lisa Yoder",
        "contact_title": "Plant Manager",
        "contact_role": "factory-manager",
        "satisfaction": 82,
        "under_attack": "false",
        "potential": 38,
        "buys": 29,
        "kpi.unplanned_downtime": 6.5,
        "kpi.handling_hours": 44,
        "kpi.stock_days": 52,
    },
    "ACC-0227": {
        "name": "Monument Draw Operating",
        "market": "nm-lea-oil",
        "site": "Hobbs",
        "application": "Light crude separation",
        "size": "medium",
        "rep": "sromero",
        "contact": "Tina Archuleta",
        "contact_title": "Field Manager",
        "contact_role": "factory-manager",
        "satisfaction": 72,
        "potential": 80,
        "buys": 0,
        "kpi.unplanned_downtime": 16.0,
        "kpi.off_spec_batches": 4.7,
        "kpi.additive_dose": 0.24,
        "kpi.energy": 33,
        "kpi.line_hour_value": 3600,
        "kpi.batches_year": 1380,
        "kpi.off_spec_batch_cost": 1680,
        "kpi.additive_spend": 262000,
    },
    "ACC-0240": {
        "name": "Moses Coulee Foods",
        "market": "wa-grant-food",
        "site": "Quincy",
        "application": "Vegetable washing",
        "size": "medium",
        "rep": "mlowell",
        "contact": "Hannah Brooks",
        "contact_title": "Plant Manager",
        "contact_role": "factory-manager",
        "satisfaction": 75,
        "potential": 52,
        "buys": 0,
        "kpi.unplanned_downtime": 13.0,
    },
    "ACC-0253": {
        "name": "Raritan Bay Resins",
        "market": "nj-middlesex-coatings",
        "site": "Perth Amboy",
        "application": "Styrene-butadiene latex",
        "size": "medium",
        "rep": "emarino",
        "contact": "Vincent Russo",
        "contact_title": "Plant Manager",
        "contact_role": "factory-manager",
        "satisfaction": 61,
        "under_attack": "true",
        "credit_block": "true",
        "potential": 66,
        "buys": 39,
        "kpi.unplanned_downtime": 9.0,
    },
    "ACC-0266": {
        "name": "Swan Creek Sewer Authority",
        "market": "oh-lucas-water",
        "site": "Toledo",
        "application": "Municipal sludge dewatering",
        "size": "large",
        "rep": "lhartman",
        "contact": "Bernice Kaminski",
        "contact_title": "Superintendent",
        "contact_role": "factory-manager",
        "satisfaction": 80,
        "under_attack": "true",
        "potential": 95,
        "buys": 78,
        "kpi.unplanned_downtime": 16.5,
        "kpi.off_spec_batches": 3.8,
        "kpi.additive_dose": 8.60,
        "kpi.sludge_loads": 61,
        "kpi.line_hour_value": 460,
        "kpi.batches_year": 1340,
        "kpi.off_spec_batch_cost": 500,
        "kpi.additive_spend": 262000,
    },
    "ACC-0279": {
        "name": "Cimarron Bend Treating",
        "market": "ok-payne-oil",
        "site": "Cushing",
        "application": "Crude storage",
        "size": "large",
        "rep": "creeder",
        "contact": "Dwight Pogue",
        "contact_title": "Terminal Manager",
        "contact_role": "factory-manager",
        "satisfaction": 83,
        "under_attack": "false",
        "potential": 140,
        "buys": 118,
        "kpi.unplanned_downtime": 9.0,
        "kpi.off_spec_batches": 4.2,
        "kpi.additive_dose": 0.18,
        "kpi.energy": 27,
        "kpi.handling_hours": 71,
        "kpi.stock_days": 66,
        "kpi.line_hour_value": 3300,
        "kpi.batches_year": 1600,
        "kpi.off_spec_batch_cost": 1580,
        "kpi.additive_spend": 598000,
    },
    "ACC-0292": {
        "name": "Deer Flat Potato Company",
        "market": "id-canyon-food",
        "site": "Nampa",
        "application": "Potato processing",
        "size": "large",
        "rep": "ckimball",
        "contact": "Janelle Whitaker",
        "contact_title": "Plant Manager",
        "contact_role": "factory-manager",
        "satisfaction": 70,
        "potential": 105,
        "buys": 0,
        "kpi.unplanned_downtime": 15.5,
        "kpi.off_spec_batches": 2.6,
        "kpi.additive_dose": 0.48,
        "kpi.water_use": 5.6,
        "kpi.line_hour_value": 2750,
        "kpi.batches_year": 2900,
        "kpi.off_spec_batch_cost": 2050,
        "kpi.additive_spend": 588000,
    },
    "ACC-0305": {
        "name": "Port Arthur Polymers",
        "market": "tx-jefferson-coatings",
        "site": "Port Arthur",
        "application": "Styrene-acrylic latex",
        "size": "large",
        "rep": "jtrahan",
        "buys": 96,
    },
    "ACC-0308": {
        "name": "Calumet Emulsion Works",
        "market": "il-cook-coatings",
        "site": "Calumet City",
        "application": "Vinyl-acrylic latex",
        "size": "medium",
        "rep": "gmazur",
        "buys": 47,
    },
    "ACC-0311": {
        "name": "Sabine Film and Sheet",
        "market": "tx-orange-plastics",
        "site": "Orange",
        "application": "Blown film",
        "size": "medium",
        "rep": "jtrahan",
        "buys": 27,
    },
    "ACC-0314": {
        "name": "Tyger River Pipe",
        "market": "sc-spartanburg-plastics",
        "site": "Spartanburg",
        "application": "Pipe extrusion",
        "size": "large",
        "rep": "kmoss",
        "buys": 41,
    },
    "ACC-0317": {
        "name": "Maumee Bay Waterworks",
        "market": "oh-lucas-water",
        "site": "Oregon",
        "application": "Municipal sludge dewatering",
        "size": "large",
        "rep": "lhartman",
        "buys": 66,
    },
    "ACC-0320": {
        "name": "Salt River Bend Utilities",
        "market": "az-maricopa-water",
        "site": "Mesa",
        "application": "Digested sludge dewatering",
        "size": "medium",
        "rep": "lbegay",
        "buys": 33,
    },
    "ACC-0323": {
        "name": "Blackfoot Valley Potato",
        "market": "id-bingham-food",
        "site": "Blackfoot",
        "application": "Potato processing",
        "size": "large",
        "rep": "ckimball",
        "buys": 84,
    },
    "ACC-0326": {
        "name": "Sierra Foothill Juice",
        "market": "ca-fresno-food",
        "site": "Fresno",
        "application": "Juice processing",
        "size": "medium",
        "rep": "dserrano",
        "buys": 36,
    },
    "ACC-0329": {
        "name": "Ogeechee Paperboard",
        "market": "ga-chatham-paper",
        "site": "Savannah",
        "application": "Kraft linerboard",
        "size": "large",
        "rep": "cpruitt",
        "buys": 205,
    },
    "ACC-0332": {
        "name": "Lower Fox Tissue",
        "market": "wi-outagamie-paper",
        "site": "Kaukauna",
        "application": "Tissue",
        "size": "medium",
        "rep": "psimmons",
        "buys": 72,
    },
    "ACC-0335": {
        "name": "Kern Ridge Petroleum",
        "market": "ca-kern-oil",
        "site": "Taft",
        "application": "Heavy crude treating",
        "size": "medium",
        "rep": "rfields",
        "buys": 58,
    },
    "ACC-0338": {
        "name": "Spraberry Trend Separation",
        "market": "tx-midland-oil",
        "site": "Midland",
        "application": "Light crude separation",
        "size": "large",
        "rep": "rhaskell",
        "buys": 121,
    },
    "ACC-0341": {
        "name": "Schuylkill Dispersions",
        "market": "pa-berks-coatings",
        "site": "Reading",
        "application": "Pure acrylic latex",
        "size": "medium",
        "rep": "rstoltz",
        "buys": 38,
    },
}

Row = dict[str, object]


def rng(*key: object) -> random.Random:
    """A generator of its own for each thing, so that one more account changes no other."""
    return random.Random(":".join(str(part) for part in (SEED, *key)))


def region_of(market: str) -> str:
    """The sales region of a market, by its state."""
    state = market[:2].upper()
    return next(region for region, states in REGION.items() if state in states)


def industry_of(market: str) -> str:
    """The industry of a market, by the last part of its id."""
    return SUFFIX[market.rpartition("-")[2]]


def market_row(market: str) -> Row:
    """A market's facts, drawn inside the cell of the peer group aimed at."""
    group, county, _ = MARKETS[market]
    growth, share, intensities = GROUPS[group]
    draw = rng("market", market)
    size = round(draw.uniform(260, 2400), -1)
    rate = draw.uniform(*growth)
    return {
        "id": market,
        "name": f"{county} County, {market[:2].upper()}",
        "region": region_of(market),
        "industry": industry_of(market),
        "growth": round(rate, 3),
        "share": round(draw.uniform(*share), 3),
        "competitive_intensity": draw.choice(intensities),
        "demand_growth_driver": DRIVERS[industry_of(market)][group],
        "size": int(size),
        "potential": int(round(size * (1 + min(rate, 0.125)) ** 3, -1)),
        "growth.observed_at": "2026-10-15",
        "share.observed_at": "2026-10-15",
        "competitive_intensity.observed_at": str(AS_OF - timedelta(days=draw.randint(12, 70))),
    }


def markets() -> list[Row]:
    """All markets; shares above 15 % are scaled so that ours is 20 % over all."""
    rows = [market_row(market) for market in MARKETS]
    large = [row for row in rows if float(str(row["share"])) >= 0.15]
    drawn = {str(row["id"]): float(str(row["share"])) for row in large}
    low, high = 0.3, 1.5
    for _ in range(40):
        factor = (low + high) / 2
        for row in large:
            row["share"] = round(min(0.6, max(0.155, drawn[str(row["id"])] * factor)), 3)
        if overall_share(rows) < 0.2:
            low = factor
        else:
            high = factor
    largest = max(large, key=lambda row: float(str(row["share"])))
    largest["share"] = 0.6
    return rows


def overall_share(rows: list[Row]) -> float:
    """Our share over all markets, weighted by size."""
    size = sum(float(str(row["size"])) for row in rows)
    return sum(float(str(row["share"])) * float(str(row["size"])) for row in rows) / size


def account_kpis(account: str, industry: str, size: str, potential: float) -> Row:
    """KPIs about the industry's medians; those that the industry does not use stay empty."""
    typical = TYPICAL[industry]
    draw = rng("kpi", account)
    row: Row = {}
    for kpi in KPIS:
        if kpi in typical:
            spread = 0.12 if kpi in ("line_hour_value", "off_spec_batch_cost") else 0.3
            value = typical[kpi] * draw.lognormvariate(0, spread)
        elif kpi == "handling_hours":
            value = 34 * SIZE[size] ** 0.4 * draw.lognormvariate(0, 0.25)
        elif kpi == "stock_days":
            value = 38 * draw.lognormvariate(0, 0.3)
        elif kpi == "additive_spend":
            value = potential * 1000 * typical["price"] * draw.uniform(0.92, 1.12)
        else:
            continue
        if kpi == "batches_year":
            value *= SIZE[size] ** 0.6
        if kpi in ("line_hour_value", "batches_year", "off_spec_batch_cost"):
            value = round(value, -1)
        if kpi == "additive_spend":
            value = round(value, -3)
        decimals = DECIMALS.get(kpi, 0)
        if draw.random() >= 0.06:
            row[f"kpi.{kpi}"] = round(value, decimals) if decimals else max(1, int(value))
    return row


def account_row(account: str, name: str, market: str) -> Row:
    """An account as the lab knows it; what `PINNED` says of it comes first."""
    group, _, towns = MARKETS[market]
    pinned = PINNED.get(account, {})
    industry = industry_of(market)
    draw = rng("account", account)
    size = str(pinned.get("size", draw.choice(("small", "medium", "medium", "large"))))
    base = TYPICAL[industry]["potential"] * SIZE[size]
    potential = float(str(pinned.get("potential", round(base * draw.uniform(0.8, 1.25)))))
    role = draw.choice(tuple(TITLES))
    attacked = draw.random() < (0.75 if group == "strongholds-attacked" else 0.06)
    row: Row = {
        "id": account,
        "name": name,
        "market": market,
        "industry": industry,
        "site": draw.choice(towns),
        "application": draw.choice(APPLICATIONS[industry]),
        "size": size,
        "rep": draw.choice(REPS[region_of(market)][1:])[0],
        "contact": f"{draw.choice(FIRST)} {draw.choice(LAST)}",
        "contact_title": TITLES[role],
        "contact_role": role,
        "satisfaction": min(98, max(35, round(draw.gauss(74, 9)))),
        "satisfaction.observed_at": str(AS_OF - timedelta(days=draw.randint(20, 280))),
        "service_score": min(100, max(70, round(draw.gauss(94, 4)))),
        "open_complaints": draw.choices((0, 1, 2), (88, 9, 3))[0],
        "under_attack": "true" if attacked else "false",
        "credit_block": "true" if draw.random() < 0.02 else "false",
        "potential": int(potential),
        "kpi_period": "2026",
        "kpi_date": str(AS_OF - timedelta(days=draw.randint(8, 84))),
    }
    row |= account_kpis(account, industry, size, potential)
    if pinned:
        row |= {"open_complaints": 0, "credit_block": "false", "under_attack": "false"}
        row |= {key: value for key, value in pinned.items() if key != "buys"}
    return row


def accounts() -> list[Row]:
    """400 accounts, five or six to a market, the pinned ones among them."""
    room = {
        market: 6 if index < ACCOUNTS - 5 * len(MARKETS) else 5
        for index, market in enumerate(MARKETS)
    }
    for pinned in PINNED.values():
        room[str(pinned["market"])] -= 1
    free = [market for market, places in room.items() for _ in range(places)]
    taken = {str(pinned["name"]) for pinned in PINNED.values()}
    draw = rng("names")
    rows = []
    for number in range(1, ACCOUNTS + 1):
        account = f"ACC-{number:04d}"
        if account in PINNED:
            rows.append(
                account_row(account, str(PINNED[account]["name"]), str(PINNED[account]["market"]))
            )
            continue
        market = free.pop(0)
        name = ""
        while not name or name in taken:
            name = f"{draw.choice(PREFIXES)} {draw.choice(NOUNS[industry_of(market)])}"
        taken.add(name)
        rows.append(account_row(account, name, market))
    hot = [
        row
        for row in rows
        if row["industry"] == "paints-coatings"
        and row["id"] != "ACC-0042"
        and MARKETS[str(row["market"])][0] == "hot-spots"
    ]
    for kpi, values in HOT_COATINGS.items():
        shuffled = list(values)
        rng("hot", kpi).shuffle(shuffled)
        for row, value in zip(hot, shuffled, strict=True):
            row[f"kpi.{kpi}"] = value
    return rows


def reps() -> list[Row]:
    """42 people: a manager and five account managers for each of seven regions."""
    rows = []
    for region, people in REPS.items():
        for rank, (rep, name, base, area) in enumerate(people):
            draw = rng("rep", rep)
            number = 142 if rep == "dwhitfield" else draw.randint(100, 199)
            rows.append(
                {
                    "id": rep,
                    "name": name,
                    "title": f"{'Account' if rank else 'Regional Sales'} Manager, {region} region",
                    "phone": f"+1 {area} 555 0{number}",
                    "email": f"{name.lower().replace(chr(39), '').replace(' ', '.')}@meridian.example",
                    "region": region,
                    "home_base": base,
                    "manager": people[0][0] if rank else "",
                }
            )
    return rows


def products() -> list[Row]:
    """List prices a kilogram, regions of sale, and the load of the plant that makes it."""
    return [
        {
            "id": product,
            "name": name,
            "unit": "kg",
            "list_USD": f"{usd:.2f}",
            "list_EUR": f"{eur:.2f}",
            "regions": ";".join(region for region in REGION if region not in without),
            "plant_load": load,
            "plant_load.observed_at": observed,
        }
        for product, name, usd, eur, without, load, observed in PRODUCTS
    ]


def purchases(rows: list[Row]) -> list[Row]:
    """What accounts bought of their industry's main product, 2024 to 2026."""
    listed = {product[0]: product[2] for product in PRODUCTS}
    buys = {
        "hot-spots": (0.25, 0.3),
        "contested-growth": (0.3, 0.3),
        "quiet": (0.4, 0.35),
        "steady": (0.85, 0.6),
        "strongholds-attacked": (0.9, 0.6),
        "keyed-in-percent": (0.3, 0.3),
    }
    found = []
    for row in rows:
        account, product = str(row["id"]), MAIN_PRODUCT[str(row["industry"])]
        draw = rng("purchases", account)
        chance, part = buys[MARKETS[str(row["market"])][0]]
        volume = (
            float(str(row["potential"])) * part * draw.uniform(0.7, 1.3) * (draw.random() < chance)
        )
        volume = float(str(PINNED.get(account, {}).get("buys", round(volume))))
        points = draw.uniform(0.94, 0.99)
        for year, before in ((2024, 0.9), (2025, 0.96), (2026, 1.0)):
            bought = volume * before * (1 if year == 2026 else draw.uniform(0.96, 1.04))
            if bought:
                revenue = bought * 1000 * listed[product] * points
                found.append(
                    {
                        "account": account,
                        "year": year,
                        "product": product,
                        "volume": f"{bought:.1f}",
                        "revenue": f"{revenue:.0f}",
                        "currency": "USD",
                    }
                )
    return found


def write(name: str, rows: list[Row], columns: list[str]) -> None:
    """A CSV in UTF-8 with plain line feeds; what a row lacks is an empty cell."""
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Writes all five tables beside this script."""
    market_rows, account_rows = markets(), accounts()
    write("markets.csv", market_rows, list(market_rows[0]))
    facts = list(account_row("ACC-0000", "", "tx-harris-coatings"))
    columns = [column for column in facts if not column.startswith("kpi.")]
    write("accounts.csv", account_rows, [*columns, *(f"kpi.{kpi}" for kpi in KPIS)])
    for name, rows in (("reps.csv", reps()), ("products.csv", products())):
        write(name, rows, list(rows[0]))
    bought = purchases(account_rows)
    write("purchases.csv", bought, list(bought[0]))


if __name__ == "__main__":
    main()
