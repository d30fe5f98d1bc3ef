// A small discord.js bot: `node discord_js_bot.js <REST address>`; says a JSON line for each thing it met.
const { createRequire } = require("node:module");
const { AttachmentBuilder, Client, Events, GatewayIntentBits, SlashCommandBuilder } = createRequire(
  `${process.env.DISCORD_JS}/`,
)("discord.js");

const say = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));
const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages],
  rest: { api: process.argv[2] },
});

client.once(Events.ClientReady, async () => {
  const guild = client.guilds.cache.first();
  const command = new SlashCommandBuilder()
    .setName("song")
    .setDescription("Write a song")
    .addStringOption((option) => option.setName("title").setDescription("Its name").setRequired(true));
  await client.application.commands.set([command]);
  say("ready", { guild: guild.name, channels: guild.channels.cache.map((channel) => channel.name) });
});
client.on(Events.InteractionCreate, async (interaction) => {
  const title = interaction.options.getString("title");
  await interaction.reply(`${title} begins`);
  const file = new AttachmentBuilder(Buffer.from("ID3data"), { name: "v1a.mp3" });
  const sent = await interaction.channel.send({ content: `${title} is done`, files: [file] });
  const thread = await sent.startThread({ name: title });
  await thread.send({ content: "a take", reply: { messageReference: "1", failIfNotExists: false } });
  say("sent", { type: sent.attachments.first().contentType, thread: thread.id, message: sent.id });
});
client.on(Events.ShardResume, () => say("resumed"));
client.on(Events.Error, (error) => say("error", { error: String(error) }));
process.on("SIGTERM", () => client.destroy().then(() => process.exit(0)));
client.login("token");
