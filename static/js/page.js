/** Every page: the theme switch and times that go on. */
import { define as defineThemeSwitch } from "./elements/theme_switch.js";
import { define as defineTimeSince } from "./elements/time_since.js";

defineThemeSwitch();
defineTimeSince();
