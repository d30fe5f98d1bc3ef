"""A local Discord: REST v10, gateway and CDN for a bot, and a JSON API and a page for the people who try it."""
