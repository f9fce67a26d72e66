"""What a browser loads to show a page: images, styles and fonts, found in the page's markup and in style sheets."""
