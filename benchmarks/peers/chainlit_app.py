"""A chat with a model as Chainlit's documentation writes it: no sign-in, no storage, tokens passed on as they come."""

import chainlit as cl
from openai import AsyncOpenAI

client = AsyncOpenAI()


@cl.on_message
async def answer(message: cl.Message) -> None:
    reply = cl.Message(content="")
    asked = [{"role": "user", "content": message.content}]
    stream = await client.chat.completions.create(model="stamps-1", messages=asked, stream=True)
    async for part in stream:
        if part.choices and (token := part.choices[0].delta.content):
            await reply.stream_token(token)
    await reply.update()
