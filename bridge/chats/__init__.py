"""What chat adapters have in common: not what any chat looks like, but what each has to remember, ask and say."""
