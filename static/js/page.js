/** Every page: the theme switch, the search, the keys, the menus, notifications, and times that go on. */
import { define as defineKeyHelp } from "./elements/key_help.js";
import { define as defineNotify } from "./elements/notify_switch.js";
import { define as defineMenus } from "./elements/open_menus.js";
import { define as defineSearchPalette } from "./elements/search_palette.js";
import { define as defineThemeSwitch } from "./elements/theme_switch.js";
import { define as defineTimeSince } from "./elements/time_since.js";

defineSearchPalette();
defineThemeSwitch();
defineTimeSince();
defineMenus();
defineKeyHelp();
defineNotify();
