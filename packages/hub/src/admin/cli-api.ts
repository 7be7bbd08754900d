// What the `hub` command imports, as `@penstock/hub/control`.
