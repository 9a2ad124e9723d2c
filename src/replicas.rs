//! Several exporters beside one gateway: who probes, and how the others learn what was found.
