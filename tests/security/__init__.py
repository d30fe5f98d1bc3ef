"""What could be done to the bot, what stands against it, and the test that shows it.

| risk                                      | control                                      | shown by                       |
|-------------------------------------------|----------------------------------------------|--------------------------------|
| a link that leads to an inner address,    | `bot/audio.py`: the guard at the socket; one | `test_addresses`,              |
| at once, by redirect or by a name that    | look-up per connection, no proxy; hosts for  | `bot/test_audio_addresses`,    |
| changes its mind                          | uploads, extra origins by exact match        | `bot/test_media_uploads`       |
| a file or answer without end, or one that | `bot/audio.py`: caps while streaming, no     | `test_sizes`, `bot/test_audio`,|
| unpacks to much more                      | packed files; `bot/musicmint/client.py`: cap | `bot/musicmint/test_endpoints`,|
|                                           | on unpacked bytes; `bot/web.py`: 64 KiB      | `bot/test_callback_door`       |
| a file that is not what it says           | `bot/audio.py`: the type by its first bytes; | `test_contents`,               |
|                                           | `bot/length.py`: its frames                  | `bot/test_length`              |
| a file's name that means something        | `bot/filename.py`: names of our own          | `test_file_names`              |
| everybody is notified                     | `bot/client.py`, `bot/messenger.py`: nobody  | `test_words` (the requests a   |
|                                           | may be notified, in every message            | process really sent)           |
| markdown, masked links                    | `bot/cards/drawing.py`: `plain`, `escape`;   | `test_markdown`                |
|                                           | `bot/client.py`: what a refusal quotes       |                                |
| words that break SQL, sentences, tags     | bound parameters; Fluent arguments are never | `test_words`, `test_halves`,   |
| or JSON                                   | read as Fluent; `bot/media.py`: storable     | `bot/test_media`, ruff's `S`   |
|                                           | tags; `bot/musicmint/envelope.py`            |                                |
| a secret in a log                         | `bot/logs.py`; errors that name kinds alone  | `test_trouble`,                |
|                                           |                                              | `bot/musicmint/test_refusals`  |
| a secret in a setting's error, a flag, a  | `bot/config.py`: secrets by type, messages   | `test_secrets`, `test_process`,|
| process list                              | without values; environment or `.env` alone  | `test_settings`                |
| a forged callback                         | `bot/musicmint/callback.py`: an address of   | `bot/musicmint/test_callback`, |
|                                           | its own per submission, signature; only a    | `bot/test_callback_door`,      |
|                                           | hint, and the answer is read with the key    | `test_callback`                |
| more rights than are needed               | `bot/client.py`: one intent, seven           | `test_privileges`,             |
|                                           | permissions                                  | `test_process`, `test_readme`  |
| rows of another server or member          | `bot/service.py`: looked at on every use     | `test_places`                  |
| a forged `custom_id` or option            | `bot/cards/custom_id.py`: one form;          | `test_forged_ids`,             |
|                                           | `bot/service.py` as above                    | `cogs/test_buttons`            |
| somebody else on the machine reads the    | `db/engine.py`: files and folder for their   | `test_database_files`,         |
| rows or a file on its way                 | owner; temporary folders                     | `test_process`                 |
| root in the container, unlocked packages  | `Dockerfile`, `requirements.txt` by hash     | `test_dockerfile`              |

Modules without a folder lie in this one or directly in `tests`. What a member's data leaves behind when it is erased,
and how much anybody may spend, is tested where those are.
"""
