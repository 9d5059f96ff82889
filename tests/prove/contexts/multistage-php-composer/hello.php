<?php

require __DIR__ . "/vendor/autoload.php";

echo Example\Greet\Greeting::for("the web"), PHP_EOL;
