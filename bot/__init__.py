"""What the bot does; knows no slash command. Follow one song: requests, service, submitter, poller, delivery."""
