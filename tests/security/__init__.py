"""What could be done to the bot, what stands against it, and the test that shows it.

| risk                                  | control                                   | shown by                         |
|---------------------------------------|-------------------------------------------|----------------------------------|
| a link leads to an inner address, at  | `bot/audio.py`: the guard at the socket;  | `test_addresses`,                |
| once, by redirect or by a name that   | one look-up per connection, no proxy;     | `bot/test_audio_addresses`,      |
| changes its mind                      | hosts for uploads, exact extra origins    | `bot/test_media_uploads`         |
| a file or answer has no end, or       | `bot/audio.py`: caps while streaming, no  | `test_sizes`, `bot/test_audio`,  |
| unpacks to much more                  | packed files; `bot/musicmint/client.py`:  | `bot/musicmint/test_endpoints`,  |
|                                       | unpacked bytes; `bot/web.py`: 64 KiB      | `bot/test_callback_door`         |
| a file is not what it says            | `bot/audio.py`: the type by its first     | `test_contents`,                 |
|                                       | bytes; `bot/length.py`: its frames        | `bot/test_length`                |
| a file's name means something         | `bot/filename.py`: names of our own       | `test_file_names`                |
| everybody is notified                 | `bot/client.py`, `bot/messenger.py`:      | `test_words` (the requests that  |
|                                       | nobody may be, by any message             | a process really sent)           |
| markdown, masked links                | `bot/cards/drawing.py`: `plain`;          | `test_markdown`                  |
|                                       | `bot/client.py`: what a refusal quotes    |                                  |
| words that break SQL, sentences, tags | bound parameters; arguments are not read  | `test_words`, `test_halves`,     |
| or JSON                               | as Fluent; `bot/media.py`: storable tags; | `bot/test_media`,                |
|                                       | `bot/musicmint/envelope.py`               | ruff's rules `S`                 |
| a secret in a log                     | `bot/logs.py`; errors name kinds alone    | `test_trouble`,                  |
|                                       |                                           | `bot/musicmint/test_refusals`    |
| a secret in an operator's error, a    | `bot/config.py`: secrets by type, errors  | `test_secrets`, `test_process`,  |
| flag, a process list                  | without values; environment or `.env`     | `test_settings`                  |
| a forged callback                     | `bot/musicmint/callback.py`: an address   | `bot/musicmint/test_callback`,   |
|                                       | for each submission, a signature; it is a | `bot/test_callback_door`,        |
|                                       | hint, and the answer is read with the key | `test_callback`                  |
| more rights than are needed           | `bot/client.py`: one intent, seven        | `test_privileges`,               |
|                                       | permissions                               | `test_process`, `test_readme`    |
| rows of another server or member      | `bot/service.py`: looked at on every use  | `test_places`                    |
| a forged `custom_id` or option        | `bot/cards/custom_id.py`: one form; then  | `test_forged_ids`,               |
|                                       | as above                                  | `cogs/test_buttons`              |
| others on the machine read the rows,  | `db/engine.py`: files and folder for      | `test_database_files`,           |
| or a file on its way                  | their owner; temporary folders            | `test_process`                   |
| root in the container, unlocked       | `Dockerfile`; `requirements.txt` by hash  | `test_dockerfile`                |
| packages                              |                                           |                                  |

Modules without a folder lie in this one or directly in `tests`. What a member's data leaves behind when it is erased,
and how much anybody may spend, is tested where those are.
"""
