# Every sentence a member reads. Ids: command-*, option-*, card-*, take-*, form-*, button-*, queue-*, help-*, error-*.

# --- Commands and their options (Discord allows 100 characters each) ---

command-song = Write a song from your lyrics and style; with nothing given, a form opens
command-inspire = Describe a song in plain words and hear it
command-instrumental = A piece without vocals
command-extend = Continue a take from a second on
command-cover = The same song in another style, or with other words
command-remaster = The same take in better sound
command-replace = Replace a stretch of a take, and leave the rest as it is
command-vocals = Sing over a take
command-backing = Give a recorded voice a band
command-hum = Hum a melody and get a song; audio only, 2 s to 8 minutes, up to 25 MiB
command-upload = Bring your own audio; audio only, 2 s to 8 minutes, up to 25 MiB
command-sfx = A sound effect, once or as a loop
command-lyrics = Draft lyrics, to edit and sing
command-singer = Singers made from takes
command-singer-create = Make the voice of a take a singer for other songs
command-singer-list = The singers you can use here by name
command-singer-remove = Forget a singer
command-export = Vocals, MIDI, WAV, karaoke, a picture or the full song of a take
command-show = Bring a take with its buttons into this channel
command-library = Your own takes, newest first; post any of them here
command-recover = Fetch a song by MusicMint's task id, also one this bot has forgotten
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
option-from = Where it begins: seconds, or minutes:seconds
option-to = Where it ends: seconds, or minutes:seconds
option-file = Audio: MP3, WAV, FLAC, OGG or M4A
option-text = What should be heard, for example: rain on a tin roof
option-sound-kind = Once, or as a loop
option-bpm = Beats a minute of a loop, 30 to 300
option-key = The key, for example C or F#m
option-about = What the lyrics are about, in your own words
option-topics = Topics, for example: love, summer
option-mood = Moods, for example: happy, nostalgic
option-lyric-style = A style, for example: country ballad
option-keywords = Words that must appear
option-singer = Who sings; the list shows the singers made here
option-singer-name = What the singer is called
option-format = What you want of the take
option-task-id = MusicMint's id of the task; it stands in each MP3's tags

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
card-what-revise = { $take } with other words or style
card-what-cover = a cover of { $take }
card-what-remaster = { $take } in better sound
card-what-soundfx = a sound
card-what-infill-range = { $take } with { $start } to { $end } made anew
card-what-add_vocals = vocals over { $take }
card-what-add_vocals-from = vocals over { $take } from { $start } on
card-what-add_vocals-range = vocals over { $take } from { $start } to { $end }
card-what-add_instrumental = a band for { $take }
card-what-add_instrumental-from = a band for { $take } from { $start } on
card-what-add_instrumental-range = a band for { $take } from { $start } to { $end }
card-what-sample = a song from a hummed melody
card-what-lyrics = a draft of lyrics
card-what-upload = their own audio as a take
card-what-concat = the full-length song of { $take }
card-what-persona = the singer { $name }, made from { $take }
card-what-stem = the vocals of { $take }
card-what-midi = the notes of { $take }
card-what-wav = { $take } as WAV
card-what-timeline = { $take } as karaoke
card-what-waveform = the waveform of { $take }
card-what-show = { $take } to be shown here
card-what-recover = a song by its task id
card-field-lyrics = Lyrics
card-field-style = Style
card-field-idea = Idea
card-field-singer = Singer
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
card-state-drafted = ✅ Drafted · change it and let it be sung
card-state-singer = ✅ { $name } can sing now: choose `singer` in `/song` or `/inspire`
card-singer-not-ready = The studio is still training this voice; the first song may have to wait a little.
export-stem = vocals
export-midi = MIDI file
export-wav = WAV
export-timeline = karaoke
export-waveform = waveform
export-concat = full-length song
export-told-stem = The vocals alone.
export-told-midi = The notes as a MIDI file, for any music program.
export-told-wav = The same audio without compression.
export-told-timeline = Each line with its time (LRC), for karaoke and players.
export-told-waveform = How loud it is, from beginning to end.
card-take-kept = { $label } (kept: no place took it)
card-state-posting = ✅ Done · posting the takes
card-state-kept = ✅ Done · kept, not posted
card-state-unposted = ✅ Done · no place here would take the files
card-state-failed = ❌ It did not work out
card-state-expired = ⌛ Taking far too long
card-state-refused = ❌ Not made
card-state-unknown = ❔ Unclear whether the studio took it · looking for it
card-state-asking = ❔ Try it once more?
card-state-cancelled = 🚫 Cancelled · nothing was sent to the studio
card-state-cancelled-sent = 🚫 Cancelled · nothing more was sent to the studio
card-state-closed = 🚫 Closed · nothing was sent to the studio
card-state-closed-sent = 🚫 Closed · not sent again
card-late-cancel = Cancelled while the studio was at work: what arrives is kept, not posted. It may be charged all the same.
card-first-listed = That is about the second try. The first was never confirmed: should it turn up within a day, its takes will be posted; it may be charged.
card-first-unlisted = That is about the second try. Whether the first was made and charged is not known.
card-usual = Usually 30 to 120 seconds.
card-thread = Takes in <#{ $thread }>
card-anew = Posted again, for its first message is out of reach · { $mark }

# --- A take ---

take-heading = { $title } · { $label }
take-from = Continues { $parent } from { $at }
take-from-end = Continues { $parent }
take-revised = Written anew after { $parent }
take-covered = A cover of { $parent }
take-remastered = { $parent }, remastered
take-replaced-range = { $parent } with { $start } to { $end } made anew
take-sung = { $parent } with vocals
take-sung-from = { $parent } with vocals from { $start } on
take-sung-range = { $parent } with vocals from { $start } to { $end }
take-backed = { $parent } with a band
take-backed-from = { $parent } with a band from { $start } on
take-backed-range = { $parent } with a band from { $start } to { $end }
take-hummed = From a hummed melody
take-joined = The full-length song of { $parent }
take-singer = Sung by { $name }
more-heading = More with { $take }
take-field-style = Style
take-field-duration = Length
take-field-kept = Kept by MusicMint
take-kept-until = until { $day }
take-kept-for-good = for good
take-untitled = Untitled
take-link = Listen at the studio
take-original = The original, at the studio
take-smaller = { $rate } kbit/s, made smaller to fit what Discord takes here
take-file-alt = { $title }, take { $label }

# --- Buttons ---

button-cancel = Cancel
button-retry = Try again
button-leave = Leave it
button-post = Post here: { $take }
button-older = Older
button-show = Show the takes
button-show-it = Show it
button-extend = Extend
button-again = Again
button-lyrics = Lyrics
button-cover = Cover
button-more = More
button-sing = Sing it
button-revise = Revise
button-replace = Replace
button-vocals = Add vocals
button-backing = Backing
button-remaster = Remaster
button-stem = Vocals alone
button-midi = MIDI
button-wav = WAV
button-karaoke = Karaoke
button-waveform = Waveform
button-full = Full song
button-singer = Make this the singer

# --- Forms (titles and labels: 45 characters) ---

form-song-title = Write a song
form-extend-title = Continue { $take }
form-sing-title = Sing these lyrics
form-cover-title = Cover { $take }
form-revise-title = Revise { $take }
form-replace-title = Replace a part of { $take }
form-vocals-title = Sing over { $take }
form-singer-title = Make { $take } the singer
form-from = From (seconds or 0:12)
form-to = To (seconds or 0:24)
form-name = Name
form-name-hint = What the singer is called here
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
cancel-rest = **{ $title }** is cancelled. What was sent to the studio before may be charged all the same.
show-done = The takes are on their way.
retry-done = It waits to be sent once more.
leave-done = Good, it is not sent again. If the studio has it after all, it will be posted.
library-heading = Your takes
library-empty = You have made nothing here yet. Type `/song` to begin.
library-line = **{ $title }** · { $label } · { $length } · { $made } · { $where }
library-posted = [where it stands]({ $link })
library-kept = not posted
queue-operator = For whoever runs the bot
queue-operator-fine = Nothing is stuck.
queue-tasks = Songs that cannot be brought in, left after several tries: { $count } (tasks { $ids })
queue-deliveries = Takes that cannot be posted, left after several tries: { $count } (deliveries { $ids })
queue-unsettled = Songs of which nobody knows yet whether the studio made them: { $count } (tasks { $ids })
singers-heading = Singers
singers-none = There are no singers here yet. `/singer create` makes one from a take.
singer-line = **{ $name }** · made by <@{ $owner }>
singer-removed = **{ $name }** no longer sings here.
recover-known = That song is here already: { $place }

help-heading = Writing songs with Minstrel
help-start = **Start with** `/song`: a form opens for lyrics, style and title. No lyrics at hand? `/inspire idea: a sea shanty about a night bus`.
help-more = `/instrumental` makes a piece without vocals, `/extend` continues a take. Each song gets its own thread; a command used in it makes the song's next version.
help-takes = Two takes arrive for each request, as `v1a` and `v1b`. Their buttons stay good: **Extend**, **Cover**, **Again**, **Lyrics**, and **More** for vocals, MIDI, karaoke and the rest.
help-queue = `/queue` shows what is going on, `/cancel` stops it.
help-own = No words yet? `/lyrics` drafts some. A melody in your head? `/hum` it. `/singer create` lets one voice sing many songs.
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
error-asking-missing = The music service never confirmed this song, and its list of songs does not show it, so most likely it was not made. It can be sent once more; should the first one turn up after all, it may be charged twice.
error-asking-several = The music service never confirmed this song, and it cannot be told which of its songs would be this one. It can be sent once more; it may then be charged twice.
error-asking-lost = The answer of the music service was lost, and there is no way to find out what it was. It may have been charged. It can be sent once more; it may then be charged twice.
error-asking-left = It was not sent again. Should the music service have made it after all, the takes will be posted within a day; it may be charged.
error-asking-cancelled = It was not sent again. Should the music service have made it after all, the takes will be kept, and this card will have a button that posts them; it may be charged.
error-asking-dropped = It was not sent again. Whether it was made and charged is not known.
error-asking-over = The music service never confirmed this song, and it did not turn up within a day. Whether it was charged is not known. You can ask again.
error-answer-not-yours = Only <@{ $owner }> or a moderator can decide this.
error-not-asking = There is nothing to decide any more: that song went on.
error-request-unreadable = What was stored of this request cannot be read any more. Nothing was sent or charged; please ask again.
error-budget-member = You have used up today's { $most ->
    [one] one song
   *[other] { $most } songs
  }. New ones can be asked for <t:{ $again }:R>. Whoever runs the bot sets how many.
error-budget-overall = The songs of today are used up, for everybody. New ones can be asked for <t:{ $again }:R>. Whoever runs this bot sets how many there are.
error-budget-server = This server has used up today's { $most ->
    [one] one song
   *[other] { $most } songs
  }. New ones can be asked for <t:{ $again }:R>. Whoever runs the bot sets how many.
error-button-gone = This button no longer leads anywhere: its song is not known here.

error-key-rejected = The music service does not accept this bot's key. Whoever runs the bot has to mend it; nothing was charged.
error-key-disabled = The music service has this bot's key switched off. Whoever runs the bot has to enable it; nothing was charged.
error-key-deleted = The key this bot uses at the music service was deleted. Whoever runs the bot has to put in a new one; nothing was charged.
error-no-credit = The bot's account at the music service has run out of credit. Whoever runs the bot can top it up; nothing was charged.
error-rate-limited = The music service is getting more requests than it takes. Nothing was charged; it will be tried again.
error-service-unreachable = The music service cannot be reached. Nothing was charged; it will be tried again.
error-service-unclear = The music service gave no clear answer. It may have taken the request, and it may be charged, so it is not sent a second time by itself.
error-gave-up = The music service has not taken it for half an hour. Nothing was charged; you can ask again.
error-recover-known = That song is here already. Type `/recover` with its id once more to see where.
error-cannot-see-channel = I cannot see this channel, so I could not tell you how the song is doing. An admin can allow `View Channel` for me here.
error-request-rejected = The music service refused this request: “{ $reason }” Nothing was charged. Change what it names and ask again.
error-no-reason = no reason given
error-result-expired = The music service no longer keeps this result.
error-task-failed = The music service could not make it: “{ $reason }” Whether it charged for the try is not known. You can ask again.
error-not-for-here = What the music service answered cannot be used here, and asking again would bring the same. It may have been charged.
error-took-too-long = The music service has not delivered for half an hour. If it still does within a day, the takes will be posted; it may be charged.
error-poll-key = The music service does not accept this bot's key at the moment, so the song cannot be fetched. Whoever runs the bot has to mend it; the song is not lost, and the bot keeps asking.
error-poll-service = The music service does not answer at the moment. The song is not lost; the bot keeps asking.
error-parked = Something on our side keeps this song from being brought on. Whoever runs this bot can see it. It may be charged.
error-media = The file could not be fetched from the music service.
error-too-large = The file is larger than this server takes.
error-discord = Discord did not take the message.
error-range = `{ $option }` must come after `from`: both are seconds, or minutes:seconds such as 1:24.
error-bpm = `{ $option }` must be a whole number from { $min } to { $max }.
error-key = `{ $option }` must be a key such as C, Am or F#m.
error-sound-type = `{ $option }` must be a loop or once.
error-no-file = `{ $option }` holds no file that can be fetched: attach it again.
error-upload-type = `{ $option }` is no audio this bot knows by its content: MP3, WAV, FLAC, OGG or M4A.
error-upload-size = `{ $option }` is too large: audio of up to 25 MiB fits.
error-upload-length = `{ $option }` has the wrong length: from 2 seconds to 8 minutes.
error-uploads-local = This is a local Discord, and the real music service cannot fetch files from it. Everything without a file works.
error-task-id = `{ $option }` is no task id. It stands in the tags of each MP3, as “MusicMint task id”.
error-task-elsewhere = That song belongs to another place.
error-no-take-message = That message is no take of mine.
error-no-words-in-message = That message holds no words to sing.
error-no-such-singer = There is no singer called “{ $name }” here. `/singer list` shows them.
error-singer-exists = There is a singer called “{ $name }” here already: choose another name.
error-singer-not-yours = Only <@{ $owner }> or a moderator can remove this singer.
error-no-notes = The music service heard no notes in this take.
error-nothing-there = The music service found nothing to export in this take.
error-no-lyrics = `{ $option }` has no lyrics, so there is no karaoke of it.
error-again-nothing = Neither words nor a style of this take are known, so it cannot be made again.
error-format = `{ $option }` must be one of the formats in the list.
error-upload-unclear = The file could not be fetched from Discord. Nothing was charged; it will be tried again.
