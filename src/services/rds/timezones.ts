/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MySQL.Concepts.LocalTimeZone.html */
const mysqlTimezones: Readonly<Record<string, string>> = {
  Africa: "Cairo Casablanca Harare Monrovia Nairobi Tripoli Windhoek",
  America:
    "Araguaina Asuncion Bogota Buenos_Aires Caracas Chihuahua Cuiaba Denver Fortaleza Guatemala Halifax Manaus " +
    "Matamoros Monterrey Montevideo Phoenix Santiago Tijuana",
  Asia:
    "Amman Ashgabat Baghdad Baku Bangkok Beirut Calcutta Damascus Dhaka Irkutsk Jerusalem Kabul Karachi Kathmandu " +
    "Krasnoyarsk Magadan Muscat Novosibirsk Riyadh Seoul Shanghai Singapore Taipei Tehran Tokyo Ulaanbaatar " +
    "Vladivostok Yakutsk Yerevan",
  Atlantic: "Azores",
  Australia: "Adelaide Brisbane Darwin Hobart Perth Sydney",
  Brazil: "East",
  Canada: "Newfoundland Saskatchewan Yukon",
  Europe: "Amsterdam Athens Dublin Helsinki Istanbul Kaliningrad Moscow Paris Prague Sarajevo",
  Pacific: "Auckland Fiji Guam Honolulu Samoa",
  US: "Alaska Central East-Indiana Eastern Pacific",
};

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/SQLServer.Concepts.General.TimeZone.html */
const sqlServerTimezones: readonly string[] = [
  ...["Afghanistan Standard Time", "Alaskan Standard Time", "Aleutian Standard Time", "Altai Standard Time"],
  ...["Arab Standard Time", "Arabian Standard Time", "Arabic Standard Time", "Argentina Standard Time"],
  ...["Astrakhan Standard Time", "Atlantic Standard Time", "AUS Central Standard Time", "AUS Eastern Standard Time"],
  ...["Azerbaijan Standard Time", "Azores Standard Time", "Bahia Standard Time", "Bangladesh Standard Time"],
  ...["Belarus Standard Time", "Canada Central Standard Time", "Cape Verde Standard Time", "Caucasus Standard Time"],
  ...["Cen. Australia Standard Time", "Central America Standard Time", "Central Asia Standard Time"],
  ...["Central Brazilian Standard Time", "Central Europe Standard Time", "Central European Standard Time"],
  ...["Central Pacific Standard Time", "Central Standard Time", "Central Standard Time (Mexico)"],
  ...["China Standard Time", "E. Africa Standard Time", "E. Australia Standard Time", "E. Europe Standard Time"],
  ...["E. South America Standard Time", "Eastern Standard Time", "Egypt Standard Time", "Ekaterinburg Standard Time"],
  ...["Fiji Standard Time", "FLE Standard Time", "Georgian Standard Time", "GMT Standard Time"],
  ...["Greenland Standard Time", "Greenwich Standard Time", "GTB Standard Time", "Hawaiian Standard Time"],
  ...["India Standard Time", "Iran Standard Time", "Israel Standard Time", "Jordan Standard Time"],
  ...["Korea Standard Time", "Middle East Standard Time", "Montevideo Standard Time", "Morocco Standard Time"],
  ...["Mountain Standard Time", "Mountain Standard Time (Mexico)", "Myanmar Standard Time"],
  ...["N. Central Asia Standard Time", "Namibia Standard Time", "Nepal Standard Time", "New Zealand Standard Time"],
  ...["Newfoundland Standard Time", "North Asia East Standard Time", "North Asia Standard Time"],
  ...["Pacific SA Standard Time", "Pacific Standard Time", "Pacific Standard Time (Mexico)", "Pakistan Standard Time"],
  ...["Paraguay Standard Time", "Romance Standard Time", "Russian Standard Time", "SA Eastern Standard Time"],
  ...["SA Pacific Standard Time", "SA Western Standard Time", "SE Asia Standard Time", "Singapore Standard Time"],
  ...["South Africa Standard Time", "Sri Lanka Standard Time", "Syria Standard Time", "Taipei Standard Time"],
  ...["Tasmania Standard Time", "Tokyo Standard Time", "Tonga Standard Time", "Turkey Standard Time"],
  ...["Ulaanbaatar Standard Time", "US Eastern Standard Time", "US Mountain Standard Time", "UTC"],
  ...["Venezuela Standard Time", "Vladivostok Standard Time", "W. Australia Standard Time"],
  ...["W. Central Africa Standard Time", "W. Europe Standard Time", "West Asia Standard Time"],
  ...["West Pacific Standard Time", "Yakutsk Standard Time"],
];

export function timezonesOf(engine: "mysql" | "sqlserver"): readonly string[] {
  if (engine === "sqlserver") return sqlServerTimezones;
  return [
    ...Object.entries(mysqlTimezones).flatMap(([area, cities]) => cities.split(" ").map((city) => `${area}/${city}`)),
    "UTC",
  ];
}
