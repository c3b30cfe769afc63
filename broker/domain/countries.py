"""What people call countries and unions of them, where a code is asked for."""

from collections.abc import Mapping
from types import MappingProxyType

CODES: Mapping[str, str] = MappingProxyType(
    {
        name.casefold(): code
        for code, names in {
            "AE": ("United Arab Emirates", "UAE", "Emirates"),
            "AT": ("Austria", "AUT"),
            "AU": ("Australia", "AUS"),
            "BE": ("Belgium", "BEL"),
            "BH": ("Bahrain", "BHR"),
            "BR": ("Brazil", "Brasil", "BRA"),
            "CA": ("Canada", "CAN"),
            "CH": ("Switzerland", "Swiss", "CHE", "SUI"),
            "CL": ("Chile", "CHL"),
            "DE": ("Germany", "Deutschland", "DEU", "GER"),
            "DK": ("Denmark", "DNK"),
            "ES": ("Spain", "ESP"),
            "FI": ("Finland", "FIN"),
            "FR": ("France", "FRA"),
            "GB": ("United Kingdom", "UK", "Great Britain", "Britain", "England", "GBR"),
            "HK": ("Hong Kong", "HKG"),
            "ID": ("Indonesia", "IDN"),
            "IE": ("Ireland", "IRL"),
            "IL": ("Israel", "ISR"),
            "IN": ("India", "IND"),
            "IT": ("Italy", "ITA"),
            "JP": ("Japan", "JPN"),
            "KR": ("South Korea", "Korea", "Republic of Korea", "KOR"),
            "MX": ("Mexico", "MEX"),
            "MY": ("Malaysia", "MYS"),
            "NL": ("Netherlands", "The Netherlands", "Holland", "NLD"),
            "NO": ("Norway", "NOR"),
            "NZ": ("New Zealand", "NZL"),
            "PL": ("Poland", "POL"),
            "QA": ("Qatar", "QAT"),
            "SA": ("Saudi Arabia", "KSA", "SAU"),
            "SE": ("Sweden", "SWE"),
            "SG": ("Singapore", "SGP"),
            "TH": ("Thailand", "THA"),
            "TW": ("Taiwan", "TWN"),
            "US": ("United States", "United States of America", "USA", "America"),
            "ZA": ("South Africa", "ZAF"),
            "EU": ("European Union", "Europe"),
            "EEA": ("European Economic Area",),
            "EFTA": ("European Free Trade Association",),
            "ASEAN": ("Association of Southeast Asian Nations",),
            "GCC": ("Gulf Cooperation Council", "Gulf states"),
        }.items()
        for name in names
    }
)
"""Code of each name, case folded: short English names and three-letter codes of ISO 3166-1, and the
names in common use. It only serves to suggest a code: which codes there are, the atlas says."""
