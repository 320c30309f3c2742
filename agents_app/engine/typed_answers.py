"""An answer of a wanted form: how it is asked for, read, and sent back when it does not fit."""

from pydantic import BaseModel, ValidationError
from pydantic_ai.messages import (
    ModelRequestPart,
    ModelResponse,
    RetryFeedbackPart,
    RetryInfo,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from agents_app.catalogue import ToolSpec

OUTPUT_TOOL = "answer"


def parameters(tools: list[ToolSpec], output: type[BaseModel] | None) -> ModelRequestParameters:
    """What a model is offered: tools, and one more that takes the answer where it must have a form."""
    offered = [
        ToolDefinition(name=each.name, description=each.description, parameters_json_schema=each.schema)
        for each in tools
    ]
    if output is None:
        return ModelRequestParameters(function_tools=offered)
    wanted = ToolDefinition(
        name=OUTPUT_TOOL, description=output.__doc__ or "Give your answer.", kind="output",
        parameters_json_schema=output.model_json_schema(),
    )  # fmt: skip
    return ModelRequestParameters(
        function_tools=offered, output_mode="tool", output_tools=[wanted], allow_text_output=False
    )


def read(response: ModelResponse, output: type[BaseModel] | None, tools: list[ToolSpec]) -> BaseModel | None:
    """The typed answer, from the output tool, or from plain text by a model that knows no tools."""
    if output is None:
        return None
    if call := _output_call(response):
        args = call.args_as_json_str() if not isinstance(call.args, str) else call.args
        return output.model_validate_json(args)
    if response.tool_calls and tools:
        return None
    return output.model_validate_json(response.text or "")


def faults(misfit: ValidationError, response: ModelResponse) -> list[ModelRequestPart]:
    """What is wrong with an answer, said to each of its tool calls, since none may stay without a return."""
    found = misfit.errors(include_url=False, include_context=False, include_input=False)
    returned: list[ModelRequestPart] = [
        ToolReturnPart(call.tool_name, found, tool_call_id=call.tool_call_id, outcome="retried")
        for call in response.tool_calls
    ]
    only = f"Answer by calling the tool {OUTPUT_TOOL}, and with nothing else."
    return returned or [RetryFeedbackPart(only, retry=RetryInfo("no_output"))]


def _output_call(response: ModelResponse) -> ToolCallPart | None:
    return next((call for call in response.tool_calls if call.tool_name == OUTPUT_TOOL), None)
