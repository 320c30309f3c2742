"""The plain forms of the pages; rules beyond shape stay with the services."""

from django import forms

from sessions_app.models import Incident, Severity


class DeclareForm(forms.Form):
    title = forms.CharField(max_length=200)
    severity = forms.ChoiceField(choices=Severity.choices)
    description = forms.CharField(required=False, max_length=20_000)


class ChangeForm(forms.Form):
    severity = forms.ChoiceField(choices=Severity.choices)
    status = forms.ChoiceField(choices=Incident.Status.choices)
    take_command = forms.BooleanField(required=False)
