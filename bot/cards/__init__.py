"""What a message looks like: the task's card, a take, the forms. Draws pictures of rows; decides nothing."""
