"""What happens when a button is pressed or a form is sent, before or after any restart."""
