"""The hub link: feed, relay, leases, snapshots, and a sandbox hub that speaks the whole protocol."""
