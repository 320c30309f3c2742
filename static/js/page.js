/** Every page: the theme switch, the search, and times that go on. */
import { define as defineSearchPalette } from "./elements/search_palette.js";
import { define as defineThemeSwitch } from "./elements/theme_switch.js";
import { define as defineTimeSince } from "./elements/time_since.js";

defineSearchPalette();
defineThemeSwitch();
defineTimeSince();
