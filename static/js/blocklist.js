/** The block list's page: its address, taken along. */
import { define as defineCopyLine } from "./elements/copy_line.js";

defineCopyLine();
