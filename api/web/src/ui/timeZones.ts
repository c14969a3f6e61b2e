// The zones a browser knows, by their present names: browsers still give some by those of decades ago. Pure.

const PRESENT: Readonly<Record<string, string>> = {
  "Africa/Asmera": "Africa/Asmara",
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Catamarca": "America/Argentina/Catamarca",
  "America/Coral_Harbour": "America/Atikokan",
  "America/Cordoba": "America/Argentina/Cordoba",
  "America/Godthab": "America/Nuuk",
  "America/Indianapolis": "America/Indiana/Indianapolis",
  "America/Jujuy": "America/Argentina/Jujuy",
  "America/Louisville": "America/Kentucky/Louisville",
  "America/Mendoza": "America/Argentina/Mendoza",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
  "Pacific/Enderbury": "Pacific/Kanton",
  "Pacific/Ponape": "Pacific/Pohnpei",
  "Pacific/Truk": "Pacific/Chuuk",
};

/** A zone by its present name. */
export function presentZone(name: string): string {
  return PRESENT[name] ?? name;
}

/** All of them by continent, with `chosen`, whatever it is called. */
export function zonesByRegion(chosen: string): Map<string, string[]> {
  const names = new Set([...Intl.supportedValuesOf("timeZone").map(presentZone), chosen]);
  const regions = new Map<string, string[]>();
  for (const name of [...names].toSorted()) {
    const region = name.split("/", 1)[0] ?? name;
    regions.set(region, [...(regions.get(region) ?? []), name]);
  }
  return regions;
}
