"""winlab: from a pitch plan to tailored packs, with the reasons."""
