# Every sentence a member reads. Ids: command-*, option-*, card-*, take-*, form-*, button-*, queue-*, help-*, error-*.

# --- Commands and their options (Discord allows 100 characters each) ---

command-song = Write a song from your lyrics and style; with nothing given, a form opens
command-inspire = Describe a song in plain words and hear it
command-instrumental = A piece without vocals
command-extend = Continue a take from a second on
command-queue = What is waiting and running here
command-cancel = Stop a song that is waiting or running
command-help = What to type first, and what Minstrel may do here

option-lyrics = The words to sing; [Verse] and [Chorus] mark sections
option-style = Style words, for example: indie folk warm female vocals
option-title = The title of the song
option-idea = What the song is about, in your own words
option-description = What the piece should feel like, in your own words
option-take = The take to start from, for example v1a
option-at = The second at which the continuation starts; the take's end if left out
option-retention = Days MusicMint keeps the files, 1 to 30
option-task = Which song; your newest one if left out

# --- The card ---

card-untitled = A new song
card-heading = { $title } · v{ $version }
card-asked = <@{ $user }> asked for { $what }
card-what-song = a song with these lyrics
card-what-style = a song in this style
card-what-inspire = a song from this idea
card-what-instrumental = an instrumental piece
card-what-extend = a continuation of { $take } from { $at }
card-what-extend-end = a continuation of { $take }
card-field-lyrics = Lyrics
card-field-style = Style
card-field-idea = Idea
card-state-next = ⏳ Waiting · next in line
card-state-queued = ⏳ Waiting · { $before ->
    [one] one song
   *[other] { $before } songs
  } before it
card-state-again = ⏳ Waiting · next try { $when }
card-state-submitting = 📨 Handing it to the studio
card-state-running = 🎶 Composing · started { $when }
card-state-cancelling = 🚫 Cancelling · the studio is still at work
card-state-finished = ✅ Done · { $takes }
card-take-kept = { $label } (kept: no place took it)
card-state-posting = ✅ Done · posting the takes
card-state-kept = ✅ Done · kept, not posted
card-state-unposted = ✅ Done · no place here would take the files
card-state-failed = ❌ It did not work out
card-state-expired = ⌛ Taking far too long
card-state-refused = ❌ Not made
card-state-unknown = ❔ Unclear whether the studio took it
card-state-cancelled = 🚫 Cancelled · nothing was sent to the studio
card-state-closed = 🚫 Closed · nothing was sent to the studio
card-late-cancel = Cancelled while the studio was at work: what arrives is kept, not posted. It may be charged all the same.
card-usual = Usually 30 to 120 seconds.
card-thread = Takes in <#{ $thread }>

# --- A take ---

take-heading = { $title } · { $label }
take-from = Continues { $parent } from { $at }
take-from-end = Continues { $parent }
take-field-style = Style
take-field-duration = Length
take-field-kept = Kept by MusicMint
take-kept-until = until { $day }
take-kept-for-good = for good
take-untitled = Untitled
take-link = Listen at the studio
take-file-alt = { $title }, take { $label }

# --- Buttons ---

button-cancel = Cancel
button-show = Show the takes
button-extend = Extend
button-again = Again
button-lyrics = Lyrics

# --- Forms (titles and labels: 45 characters) ---

form-song-title = Write a song
form-extend-title = Continue { $take }
form-lyrics = Lyrics
form-lyrics-hint = [Verse] and [Chorus] mark sections. Leave empty to give a style alone.
form-style = Style
form-style-hint = indie folk warm female vocals
form-title = Title
form-title-hint = Leave empty to have one found
form-at = Continue from second
form-at-hint = Leave empty to continue from the end

# --- Answers only the member sees ---

lyrics-none = This take has no lyrics.
queue-heading = What is waiting and running
queue-empty = Nothing is waiting or running here. Type `/song` to write one.
queue-line = **{ $title }** · <@{ $user }> · { $state }
queue-elsewhere = a song in another channel
queue-more = … and { $count } more
cancel-none = You have nothing here that could be cancelled.
cancel-done = **{ $title }** is cancelled. Nothing was sent to the studio.
cancel-late = The studio is already at work on **{ $title }**. What arrives is kept, not posted; it may be charged all the same.
show-done = The takes are on their way.

help-heading = Writing songs with Minstrel
help-start = **Start with** `/song`: a form opens for lyrics, style and title. No lyrics at hand? `/inspire idea: a sea shanty about a night bus`.
help-more = `/instrumental` makes a piece without vocals, `/extend` continues a take. Each song gets its own thread; a command used in it makes the song's next version.
help-takes = Two takes arrive for each request, as `v1a` and `v1b`. Their buttons stay good: **Extend**, **Again**, **Lyrics**.
help-queue = `/queue` shows what is going on, `/cancel` stops it.
help-permissions-fine = Minstrel may do everything it needs here.
help-permissions-missing = **Missing here:** { $names }. An admin of this server can allow it in the channel's settings. { $effect }
help-effect-threads = Until then the takes come as replies in the channel.
help-effect-history = Until then takes may come to another place than you would expect.
help-effect-files = Until then the takes come in your private messages.
permission-read_messages = View Channel
permission-send_messages = Send Messages
permission-send_messages_in_threads = Send Messages in Threads
permission-create_public_threads = Create Public Threads
permission-attach_files = Attach Files
permission-embed_links = Embed Links
permission-read_message_history = Read Message History

# --- What went wrong, and who can mend it ---

error-unexpected = Something went wrong on our side. Nothing was sent to the studio by this. If it happens again, tell whoever runs this bot: reference { $reference }.
error-busy = The bot is too busy to take this right now. Nothing was stored or charged; please try again in a minute.
error-settings = The bot's settings need its operator.

error-no-words = There is nothing to go by: fill in `{ $option }`.
error-idea-alone = `{ $option }` cannot be combined with lyrics or a style: give the idea alone, or lyrics and style without it.
error-at-without-take = `{ $option }` says where to continue, but no take was chosen: fill in `take` too, or leave `{ $option }` out.
error-at-negative = `{ $option }` must be a whole number of seconds, 0 or more, for example 84.
error-at-too-late = `{ $option }` is past the end: { $take } ends at second { $end }.
error-retention = `{ $option }` must be a whole number of days from 1 to { $max }.
error-too-long = `{ $option }` is too long: { $length } characters, { $max } fit.
error-no-such-take = `take` names no take here. Pick one from the list that opens while you type.
error-no-such-task = `task` names nothing here. Pick one from the list that opens while you type.
error-nothing-to-cancel = There is nothing to cancel: that song is over, or was cancelled before.
error-cancel-not-yours = Only <@{ $owner }> or a moderator can cancel this.
error-show-not-yours = Only <@{ $owner }> or a moderator can post what was kept.
error-button-gone = This button no longer leads anywhere: its song is not known here.

error-key-rejected = The music service does not accept this bot's key. Whoever runs the bot has to mend it; nothing was charged.
error-key-disabled = The music service has this bot's key switched off. Whoever runs the bot has to enable it; nothing was charged.
error-key-deleted = The key this bot uses at the music service was deleted. Whoever runs the bot has to put in a new one; nothing was charged.
error-no-credit = The bot's account at the music service has run out of credit. Whoever runs the bot can top it up; nothing was charged.
error-rate-limited = The music service is getting more requests than it takes. Nothing was charged; it will be tried again.
error-service-unreachable = The music service cannot be reached. Nothing was charged; it will be tried again.
error-service-unclear = The music service gave no clear answer. It may have taken the request, and it may be charged, so it is not sent a second time by itself.
error-gave-up = The music service has not taken it for half an hour. Nothing was charged; you can ask again.
error-cannot-see-channel = I cannot see this channel, so I could not tell you how the song is doing. An admin can allow `View Channel` for me here.
error-request-rejected = The music service refused this request: “{ $reason }” Nothing was charged. Change what it names and ask again.
error-no-reason = no reason given
error-result-expired = The music service no longer keeps this result.
error-task-failed = The music service could not make it: “{ $reason }” Whether it charged for the try is not known. You can ask again.
error-took-too-long = The music service has not delivered for half an hour. If it still does within a day, the takes will be posted; it may be charged.
error-poll-key = The music service does not accept this bot's key at the moment, so the song cannot be fetched. Whoever runs the bot has to mend it; the song is not lost, and the bot keeps asking.
error-poll-service = The music service does not answer at the moment. The song is not lost; the bot keeps asking.
error-media = The file could not be fetched from the music service.
error-too-large = The file is larger than this server takes.
error-discord = Discord did not take the message.
