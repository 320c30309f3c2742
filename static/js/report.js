/** The report, taken along: on paper, or as Markdown. */
import { define as defineReportTools } from "./elements/report_tools.js";

defineReportTools();
