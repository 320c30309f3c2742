#!/usr/bin/env bash
# The API by example: examples/api.sh http://127.0.0.1:8000 PASSWORD
set -euo pipefail
base=$1 password=$2
field() { sed -E "s/.*\"$1\":\"?([^\",}]+).*/\1/"; } # enough for these answers; jq does it better

# == token
token=$(curl -sS --fail-with-body "$base/api/v1/auth/token" -H "Content-Type: application/json" \
  -d "{\"username\": \"responder\", \"password\": \"$password\"}" | field access)
curl -sS --fail-with-body "$base/api/v1/me" -H "Authorization: Bearer $token"; echo

# == session
session=$(curl -sS --fail-with-body "$base/api/v1/sessions" -H "Authorization: Bearer $token" \
  -H "Content-Type: application/json" -d '{"title": "What is this address?", "activate": true}' | field session_id)
echo "session $session"

# == message
curl -sS --fail-with-body "$base/api/v1/sessions/$session/messages" -H "Authorization: Bearer $token" \
  -H "Content-Type: application/json" -H "Idempotency-Key: $RANDOM-$RANDOM" -d '{"content": "Who are you?"}'; echo

# == sse
# Without --max-time it goes on for ever; -H "Last-Event-ID: <the last id>" goes on where it broke.
curl -sSN --max-time 3 "$base/api/v1/sessions/$session/events" -H "Authorization: Bearer $token" || [ $? = 28 ]

# == approval
asked=$(curl -sS --fail-with-body "$base/api/v1/sessions/$session/messages" -H "Authorization: Bearer $token" \
  -H "Content-Type: application/json" -d '{"content": "Block 203.0.113.78 for 60 minutes"}')
approver=$(curl -sS --fail-with-body "$base/api/v1/auth/token" -H "Content-Type: application/json" \
  -d "{\"username\": \"approver\", \"password\": \"$password\"}" | field access)
approval=$(sed -E 's/.*"approval_ids": ?\["([^"]+).*/\1/' <<<"$asked")
digest=$(curl -sS --fail-with-body "$base/api/v1/approvals/$approval" -H "Authorization: Bearer $approver" | field digest)
curl -sS --fail-with-body "$base/api/v1/approvals/$approval/decision" -H "Authorization: Bearer $approver" \
  -H "Content-Type: application/json" \
  -d "{\"version\": 1, \"digest\": \"$digest\", \"decision\": \"reject\", \"feedback\": \"Not yet.\"}"; echo
