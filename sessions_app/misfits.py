"""What does not fit a model, in the reader's language. Pydantic has English; others have words by type."""

from django.conf import settings
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _
from pydantic_core import ErrorDetails

WORDS = {
    "missing": _("must be given"),
    "extra_forbidden": _("is not known here"),
    "string_type": _("must be text"),
    "string_too_short": _("must have {min_length} characters or more"),
    "string_too_long": _("must have at most {max_length} characters"),
    "string_pattern_mismatch": _("does not have the form asked for"),
    "int_type": _("must be a whole number"),
    "int_parsing": _("must be a whole number"),
    "int_from_float": _("must be a whole number"),
    "float_type": _("must be a number"),
    "float_parsing": _("must be a number"),
    "finite_number": _("must be a finite number"),
    "bool_type": _("must be true or false"),
    "bool_parsing": _("must be true or false"),
    "greater_than": _("must be more than {gt}"),
    "greater_than_equal": _("must be {ge} or more"),
    "less_than": _("must be less than {lt}"),
    "less_than_equal": _("must be {le} or less"),
    "literal_error": _("must be one of {expected}"),
    "enum": _("must be one of {expected}"),
    "uuid_type": _("must be a UUID"),
    "uuid_parsing": _("must be a UUID"),
    "datetime_type": _("must be a date and time"),
    "datetime_parsing": _("must be a date and time"),
    "datetime_from_date_parsing": _("must be a date and time"),
    "list_type": _("must be a list"),
    "too_short": _("must hold {min_length} or more"),
    "too_long": _("may hold {max_length} at most"),
    "dict_type": _("must be an object"),
    "model_type": _("must be an object"),
    "model_attributes_type": _("must be an object"),
}


def problem(misfit: ErrorDetails) -> str:
    if get_language() == settings.LANGUAGE_CODE:
        return misfit["msg"]
    if misfit["type"] == "value_error":  # one of ours, whose words are marked where it is raised
        return gettext(str(misfit["ctx"]["error"]))
    words = WORDS.get(misfit["type"])
    return gettext(words).format(**misfit.get("ctx", {})) if words else misfit["msg"]
