// Fills in the reader's own time zone where none was chosen; without it times are read as UTC, as the field says.
const zone = document.querySelector("#zone");
const at = document.querySelector("#at");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && own && zone.value === "UTC" && !at.value) zone.value = own;
