/** The report: taken along on paper or as Markdown, and written. */
import { define as defineReportEditor } from "./elements/report_editor.js";
import { define as defineReportTools } from "./elements/report_tools.js";

defineReportTools();
defineReportEditor();
