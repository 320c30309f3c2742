/** The list of incidents, while somebody looks at it. */
import { define as defineIncidentList } from "./elements/incident_list.js";

defineIncidentList();
